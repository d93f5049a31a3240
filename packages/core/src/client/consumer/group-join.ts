// Decides one attempt to join the group, from JoinGroup to the assignment; it runs beside the polls and calls no listener.
import { apis } from '../../protocol/api-keys.js';
import type { PartitionAssignor } from '../../machines/consumer/assignors/assignor.js';
import { assignGroup, membersOf, topicsOf } from '../../machines/consumer/group-leader.js';
import type {
  GroupFailure,
  GroupMembership,
  JoinOutcome,
  ProtocolOffer,
} from '../../machines/consumer/group-membership.js';
import type { Diagnostics } from '../../ports/diagnostics.js';
import { KafkaError } from '../errors.js';
import type { Metadata } from '../metadata.js';
import type { GroupCoordinatorClient } from './group-coordinator-client.js';

/** A rebalance may keep JoinGroup waiting for the whole rebalance timeout; this much more before it counts as lost. */
const joinGraceMs = 5000;

export interface GroupJoinContext {
  readonly membership: GroupMembership;
  readonly coordinator: GroupCoordinatorClient;
  readonly metadata: Metadata;
  readonly assignors: readonly PartitionAssignor[];
  readonly diagnostics: Diagnostics;
  readonly requestTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly offers: () => ProtocolOffer[];
  /** The member has an id and a generation: heartbeats go out again while it waits for its assignment. */
  readonly onJoined: () => void;
  /** The leader has to know the topics of all members, now and for as long as it leads. */
  readonly followTopics: (topics: readonly string[]) => void;
}

/** Partition counts of the group's topics when the leader assigned them, 0 for one that did not exist, to see when they change. */
export type LedTopics = ReadonlyMap<string, number>;

export type JoinResult =
  | {
      readonly kind: 'assigned';
      readonly assignment: Buffer;
      readonly assignor: PartitionAssignor;
      readonly generationId: number;
      /** Null unless this member leads the group. */
      readonly ledTopics: LedTopics | null;
    }
  | GroupFailure;

export async function joinGroup(context: GroupJoinContext): Promise<JoinResult> {
  const { coordinator, membership, requestTimeoutMs, rebalanceTimeoutMs } = context;
  for (;;) {
    const response = await coordinator.send(apis.joinGroup, membership.joinRequest(context.offers()), {
      timeoutMs: Math.max(requestTimeoutMs, rebalanceTimeoutMs + joinGraceMs),
      purpose: 'coordinator',
    });
    const outcome = membership.handleJoinResponse(response);
    if (outcome.kind === 'retryNow') continue;
    if (outcome.kind !== 'lead' && outcome.kind !== 'follow') return outcome;
    context.onJoined();
    // A process that slept may find at once that its last poll was too long ago: it has left by then.
    if (membership.state !== 'syncing') return { kind: 'stale' };
    const result = await sync(context, outcome);
    if (result.kind !== 'retryNow') return result;
  }
}

async function sync(
  context: GroupJoinContext,
  joined: Extract<JoinOutcome, { kind: 'lead' | 'follow' }>,
): Promise<JoinResult> {
  const { coordinator, membership, requestTimeoutMs, rebalanceTimeoutMs } = context;
  const assignor = context.assignors.find(({ name }) => name === membership.protocolName);
  if (assignor === undefined) {
    const offered = context.assignors.map(({ name }) => name).join(', ');
    throw new KafkaError(
      `Group ${membership.groupId} chose assignor ${membership.protocolName}, but this member offered ${offered}`,
      { code: 'INCONSISTENT_GROUP_PROTOCOL' },
    );
  }
  const sentBy = membership.identity;
  const led = joined.kind === 'lead' ? await lead(context, assignor, joined) : null;
  const response = await coordinator.send(apis.syncGroup, membership.syncRequest(led?.assignments ?? []), {
    timeoutMs: Math.max(requestTimeoutMs, rebalanceTimeoutMs + joinGraceMs),
    purpose: 'coordinator',
  });
  const outcome = membership.handleSyncResponse(response, sentBy);
  if (outcome.kind !== 'assigned') return outcome;
  const { generationId } = sentBy;
  return { ...outcome, assignor, generationId, ledTopics: led?.topics ?? null };
}

interface Led {
  readonly topics: LedTopics;
  readonly assignments: ReturnType<typeof assignGroup>;
}

async function lead(
  context: GroupJoinContext,
  assignor: PartitionAssignor,
  joined: Extract<JoinOutcome, { kind: 'lead' }>,
): Promise<Led> {
  const { membership, metadata, diagnostics, requestTimeoutMs } = context;
  const members = membersOf(joined.members);
  const topics = topicsOf(members);
  context.followTopics(topics);
  // Members may want topics that this one has never asked for.
  if (topics.some((topic) => metadata.topic(topic) === undefined && !metadata.view.topicErrors.has(topic))) {
    await metadata.refresh(requestTimeoutMs);
  }
  const partitionCounts = new Map<string, number>();
  const ledTopics = new Map<string, number>();
  for (const topic of topics) {
    const known = metadata.topic(topic);
    ledTopics.set(topic, known?.partitions.length ?? 0);
    if (known !== undefined) partitionCounts.set(topic, known.partitions.length);
  }
  diagnostics.log('debug', 'This member leads the group and assigns its partitions', {
    groupId: membership.groupId,
    generationId: membership.generationId,
    members: members.length,
    assignor: assignor.name,
  });
  // A static leader that came back keeps the assignment that the coordinator has (KIP-814).
  const assignments = joined.skipAssignment ? [] : assignGroup(assignor, members, partitionCounts);
  return { topics: ledTopics, assignments };
}
