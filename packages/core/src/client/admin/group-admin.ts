// Decides how groups and what they committed are listed and described.
import { codecFor } from '../../protocol/codec/codec.js';
import { ByteReader } from '../../foundation/byte-reader.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { DescribeGroupsResponse } from '../../protocol/messages/15-describe-groups.js';
import { consumerProtocolAssignment } from '../../protocol/messages/consumer-protocol.js';
import { findCoordinator } from '../coordinator-lookup.js';
import { brokerError, KafkaError, UnsupportedVersionError } from '../errors.js';
import type { TopicPartition } from '../types.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';
import { describeConsumerGroup } from './consumer-group-description.js';

/** A group, as its coordinator lists it. */
export interface GroupListing {
  /** The group's id. */
  readonly groupId: string;
  /** `consumer` for consumers, `connect` for Kafka Connect; empty for groups that only commit. */
  readonly protocolType: string;
  /** Kafka's name of the state, for example `Stable`; null when the broker does not tell. */
  readonly state: string | null;
  /** `classic` or `consumer`; null when the broker does not tell. */
  readonly type: string | null;
}

/** A member of a group. */
export interface GroupMember {
  /** The id that the member has with the coordinator. */
  readonly memberId: string;
  /** The id of a static member (KIP-345); null for others. */
  readonly groupInstanceId: string | null;
  /** The member's `clientId`. */
  readonly clientId: string;
  /** Where the member connects from. */
  readonly clientHost: string;
  /** What the member reads; empty for groups of another protocol. */
  readonly assignment: readonly TopicPartition[];
}

/** A group and its members. */
export interface GroupDescription {
  /** The group's id. */
  readonly groupId: string;
  /** Kafka's name of the state, for example `Stable` or `Empty`. */
  readonly state: string;
  /** `consumer` for consumers. */
  readonly protocolType: string;
  /** The assignor that was chosen; empty while there is none. */
  readonly protocol: string;
  /** Empty when nobody is in the group. */
  readonly members: readonly GroupMember[];
  /** The id of the broker that coordinates it. */
  readonly coordinator: number;
}

/** What a group committed for a partition. */
export interface FetchedOffset extends TopicPartition {
  /** The offset of the next record to read. */
  readonly offset: number;
  /** Null when none was committed. */
  readonly leaderEpoch: number | null;
  /** Text kept beside the offset. */
  readonly metadata: string | null;
}

/** Versions from 10 on name topics by id alone. */
const lastOffsetFetchVersionWithNames = 9;

/** Groups of every broker; results by the broker's id, as each may fail for itself. */
export async function listGroups(context: AdminContext): Promise<AdminResults<readonly GroupListing[]>> {
  await context.call('Listing groups', async (timeoutMs) => context.metadata.refresh(timeoutMs));
  const results = new ResultCollector<readonly GroupListing[]>();
  await Promise.all(
    context.metadata.nodes.map(async ({ id }) => {
      try {
        results.value(String(id), await groupsOf(context, id));
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        results.error(String(id), error);
      }
    }),
  );
  return results.finish();
}

function groupsOf(context: AdminContext, nodeId: number): Promise<GroupListing[]> {
  return context.call(`Listing the groups of broker ${nodeId}`, async (timeoutMs) => {
    const response = await context.client.send(nodeId, apis.listGroups, {}, { timeoutMs });
    if (response.errorCode !== ErrorCode.NONE) {
      throw brokerError(response.errorCode, `Cannot list the groups of ${context.client.nodeName(nodeId)}`);
    }
    return response.groups.map(({ groupId, protocolType, groupState, groupType }) => ({
      groupId,
      protocolType,
      state: groupState === '' ? null : groupState,
      type: groupType === '' ? null : groupType,
    }));
  });
}

function assignmentOf(bytes: Buffer): TopicPartition[] {
  // An empty assignment, or a version from the future that may not be read: nothing is known.
  if (bytes.length < 2) return [];
  const [first, last] = consumerProtocolAssignment.versions;
  const version = Math.min(bytes.readInt16BE(0), last);
  if (version < first) return [];
  const assignment = codecFor(consumerProtocolAssignment, version).read(new ByteReader(bytes, 2));
  return assignment.assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

function descriptionOf(
  group: DescribeGroupsResponse['groups'][number],
  coordinator: number,
): GroupDescription {
  return {
    groupId: group.groupId,
    state: group.groupState,
    protocolType: group.protocolType,
    protocol: group.protocolData,
    coordinator,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      assignment: group.protocolType === 'consumer' ? assignmentOf(member.memberAssignment) : [],
    })),
  };
}

/** No such group, or a broker that does not know the newer protocol: the classic answer stands. */
function isAbsent(error: unknown): null {
  const isSo =
    error instanceof UnsupportedVersionError ||
    (error instanceof KafkaError && error.errorCode === ErrorCode.GROUP_ID_NOT_FOUND);
  if (!isSo) throw error;
  return null;
}

function describeGroup(context: AdminContext, groupId: string): Promise<GroupDescription> {
  return context.call(`Describing group ${groupId}`, async (timeoutMs) => {
    const coordinator = await findCoordinator(context.client, groupId, 'group', timeoutMs);
    const response = await context.client.send(
      coordinator.id,
      apis.describeGroups,
      { groups: [groupId], includeAuthorizedOperations: false },
      { timeoutMs },
    );
    const group = response.groups.find((each) => each.groupId === groupId);
    if (group === undefined)
      throw brokerError(ErrorCode.GROUP_ID_NOT_FOUND, `Cannot describe group ${groupId}`);
    const isUnknown = group.errorCode === ErrorCode.GROUP_ID_NOT_FOUND || group.groupState === 'Dead';
    if (isUnknown) {
      const described = await describeConsumerGroup(context, groupId, coordinator.id, timeoutMs).catch(
        isAbsent,
      );
      if (described !== null) return described;
    }
    if (group.errorCode !== ErrorCode.NONE) {
      throw brokerError(group.errorCode, `Cannot describe group ${groupId}`, group.errorMessage);
    }
    return descriptionOf(group, coordinator.id);
  });
}

export async function describeGroups(
  context: AdminContext,
  groupIds: readonly string[],
): Promise<AdminResults<GroupDescription>> {
  const results = new ResultCollector<GroupDescription>();
  await Promise.all(
    groupIds.map(async (groupId) => {
      try {
        results.value(groupId, await describeGroup(context, groupId));
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        results.error(groupId, error);
      }
    }),
  );
  return results.finish();
}

/** What a group committed, by `topic-partition`; partitions without a commit are left out. Null partitions: all of the group. */
export function fetchOffsets(
  context: AdminContext,
  groupId: string,
  partitions: readonly TopicPartition[] | null,
): Promise<AdminResults<FetchedOffset>> {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of partitions ?? []) {
    const list = byTopic.get(topic) ?? [];
    byTopic.set(topic, list);
    list.push(partition);
  }
  const topics =
    partitions === null ? null : [...byTopic].map(([name, partitionIndexes]) => ({ name, partitionIndexes }));
  return context.call(`Fetching the offsets of group ${groupId}`, async (timeoutMs) => {
    const coordinator = await findCoordinator(context.client, groupId, 'group', timeoutMs);
    const response = await context.client.send(
      coordinator.id,
      apis.offsetFetch,
      (version) => (version >= 8 ? { groups: [{ groupId, topics }] } : { groupId, topics }),
      { timeoutMs, maxVersion: lastOffsetFetchVersionWithNames },
    );
    const group = response.groups.find((each) => each.groupId === groupId) ?? response;
    if (group.errorCode !== ErrorCode.NONE) {
      throw brokerError(group.errorCode, `Cannot fetch the offsets of group ${groupId}`);
    }
    const results = new ResultCollector<FetchedOffset>();
    for (const topic of group.topics) {
      for (const found of topic.partitions) {
        const name = `${topic.name}-${found.partitionIndex}`;
        if (found.errorCode !== ErrorCode.NONE) {
          results.error(
            name,
            brokerError(found.errorCode, `Cannot fetch the offset of ${name} in group ${groupId}`),
          );
        } else if (found.committedOffset >= 0) {
          results.value(name, {
            topic: topic.name,
            partition: found.partitionIndex,
            offset: found.committedOffset,
            leaderEpoch: found.committedLeaderEpoch < 0 ? null : found.committedLeaderEpoch,
            metadata: found.metadata,
          });
        }
      }
    }
    return results.finish();
  });
}
