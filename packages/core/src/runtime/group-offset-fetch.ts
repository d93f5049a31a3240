// Decides how committed offsets are shown in an OffsetFetch response, in the shape of each version (C14).
import type { GroupMachine } from '../machines/group/group-machine.js';
import type { CommittedOffset } from '../machines/group/offset-table.js';
import { ErrorCode } from '../protocol/errors.js';
import type { OffsetFetchRequest, OffsetFetchResponseInput } from '../protocol/messages/09-offset-fetch.js';
import type { TopicResolver } from './group-topics.js';

const topLevelErrorSince = 2;
const groupsSince = 8;
const topicIdsSince = 10;
const noOffset = -1;
const noLeaderEpoch = -1;

/** The topics one group is asked for; null asks for all it has committed. */
export interface GroupFetch {
  readonly groupId: string;
  /** Null when an outsider asks. */
  readonly memberId: string | null;
  readonly memberEpoch: number;
  readonly topics: readonly TopicFetch[] | null;
}

interface TopicFetch {
  /** Null when the id names no topic. */
  readonly name: string | null;
  readonly topicId: string;
  readonly partitionIndexes: readonly number[];
}

type GroupResult = NonNullable<OffsetFetchResponseInput['groups']>[number];
type TopicResult = NonNullable<GroupResult['topics']>[number];
type PartitionResult = NonNullable<TopicResult['partitions']>[number];

const zeroTopicId = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Brings the old form, with one group, and the new one, with many, into one. */
export function groupFetches(
  request: OffsetFetchRequest,
  apiVersion: number,
  resolver: TopicResolver,
): GroupFetch[] {
  if (apiVersion < groupsSince) {
    const topics = request.topics?.map(({ name, partitionIndexes }) => ({
      name,
      topicId: zeroTopicId,
      partitionIndexes,
    }));
    return [{ groupId: request.groupId, memberId: null, memberEpoch: -1, topics: topics ?? null }];
  }
  return request.groups.map(({ groupId, memberId, memberEpoch, topics }) => ({
    groupId,
    memberId,
    memberEpoch,
    topics:
      topics?.map(({ name, topicId, partitionIndexes }) => ({
        name: apiVersion < topicIdsSince ? name : (resolver.topicById(topicId)?.name ?? null),
        topicId,
        partitionIndexes,
      })) ?? null,
  }));
}

/** What a group has committed of what it is asked for. */
export function fetchGroup(
  machine: GroupMachine,
  fetch: GroupFetch,
  requireStable: boolean,
  apiVersion: number,
  resolver: TopicResolver,
): GroupResult {
  const { groupId } = fetch;
  const errorCode = machine.validateFetch(groupId, fetch.memberId, fetch.memberEpoch);
  if (errorCode !== ErrorCode.NONE) return failedFetch(fetch, errorCode, apiVersion);
  const show = (topic: string, partition: number): PartitionResult =>
    requireStable && machine.isOffsetPending(groupId, topic, partition)
      ? missing(partition, ErrorCode.UNSTABLE_OFFSET_COMMIT)
      : shown(partition, machine.committedOffset(groupId, topic, partition));
  if (fetch.topics !== null) {
    const topics = fetch.topics.map(({ name, topicId, partitionIndexes }) => ({
      name: name ?? '',
      topicId,
      partitions: partitionIndexes.map((partition) =>
        name === null ? missing(partition, ErrorCode.UNKNOWN_TOPIC_ID) : show(name, partition),
      ),
    }));
    return { groupId, topics, errorCode: ErrorCode.NONE };
  }
  const topics: TopicResult[] = [];
  for (const [name, partitions] of machine.committedOffsets(groupId) ?? []) {
    const topicId = resolver.topicByName(name)?.topicId;
    // By id, a topic that is gone cannot be named.
    if (topicId === undefined && apiVersion >= topicIdsSince) continue;
    topics.push({
      name,
      topicId: topicId ?? zeroTopicId,
      partitions: Array.from(partitions.keys(), (partition) => show(name, partition)),
    });
  }
  return { groupId, topics, errorCode: ErrorCode.NONE };
}

/** The coordinator of the group cannot answer. The first versions have room for that in the partitions only. */
export function failedFetch(fetch: GroupFetch, errorCode: number, apiVersion: number): GroupResult {
  if (apiVersion >= topLevelErrorSince) return { groupId: fetch.groupId, topics: [], errorCode };
  const topics = (fetch.topics ?? []).map(({ name, topicId, partitionIndexes }) => ({
    name: name ?? '',
    topicId,
    partitions: partitionIndexes.map((partition) => missing(partition, errorCode)),
  }));
  return { groupId: fetch.groupId, topics, errorCode };
}

export function fetchResponse(groups: readonly GroupResult[], apiVersion: number): OffsetFetchResponseInput {
  if (apiVersion >= groupsSince) return { groups };
  const only = groups[0];
  const topics = (only?.topics ?? []).map(({ name, partitions }) => ({ name: name ?? '', partitions }));
  const errorCode = apiVersion < topLevelErrorSince ? ErrorCode.NONE : only?.errorCode;
  return { topics, errorCode };
}

function shown(partitionIndex: number, offset: CommittedOffset | undefined): PartitionResult {
  if (offset === undefined) return missing(partitionIndex, ErrorCode.NONE);
  return {
    partitionIndex,
    committedOffset: offset.value.offset,
    committedLeaderEpoch: offset.value.leaderEpoch,
    metadata: offset.value.metadata,
    errorCode: ErrorCode.NONE,
  };
}

function missing(partitionIndex: number, errorCode: number): PartitionResult {
  return {
    partitionIndex,
    committedOffset: noOffset,
    committedLeaderEpoch: noLeaderEpoch,
    metadata: '',
    errorCode,
  };
}
