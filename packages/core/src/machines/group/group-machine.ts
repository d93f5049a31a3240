// Decides what one partition of `__consumer_offsets` means: its groups, their members, and the offsets they committed.
import { ErrorCode } from '../../protocol/errors.js';
import type { JoinGroupRequest } from '../../protocol/messages/11-join-group.js';
import type { HeartbeatRequest, HeartbeatResponseInput } from '../../protocol/messages/12-heartbeat.js';
import type { SyncGroupRequest, SyncGroupResponseInput } from '../../protocol/messages/14-sync-group.js';
import type { ConsumerGroupHeartbeatRequest } from '../../protocol/messages/68-consumer-group-heartbeat.js';
import type { CoordinatorMachine, Instant, Ticket } from '../coordinator/outcome.js';
import { ClassicGroup } from './classic-group.js';
import { ClassicGroups } from './classic-groups.js';
import type { JoinContext } from './classic-join.js';
import type { LeaveResult, LeavingMember } from './classic-membership.js';
import { joinError, syncError } from './classic-replies.js';
import { ConsumerGroups } from './consumer/consumer-groups.js';
import type { HeartbeatContext } from './consumer/consumer-heartbeat.js';
import type { DescribedConsumerGroup } from './consumer/consumer-views.js';
import type { GroupConfig } from './group-config.js';
import {
  deleteGroup,
  deleteOffsets,
  groupTombstones,
  type OffsetDeletion,
  type OffsetToDelete,
} from './group-deletion.js';
import {
  groupTimerKey,
  GroupOutcome,
  timerKeyOf,
  timerRetryMs,
  type GroupAppendFailure,
  type GroupTimerEvent,
} from './group-outcome.js';
import type { GroupRecord } from './group-record.js';
import { GroupStore, type Group } from './group-store.js';
import type { GroupTopics } from './group-topics.js';
import {
  describeGroup,
  describeMissingGroup,
  listGroup,
  type DescribedGroup,
  type GroupFilter,
  type ListedGroup,
} from './group-views.js';
import { renewSession } from './member-sessions.js';
import {
  validateCommit,
  validateFetch,
  validateTransactionalCommit,
  type OffsetCommit,
  type OffsetCommitResult,
  type OffsetToCommit,
  type TransactionalOffsetCommit,
} from './offset-commit.js';
import { expireOffsets } from './offset-expiry.js';
import type { CommittedOffset, TopicOffsets } from './offset-table.js';

export class GroupMachine implements CoordinatorMachine<GroupRecord, GroupTimerEvent, GroupAppendFailure> {
  readonly #config: GroupConfig;
  readonly #topics: GroupTopics;
  readonly #store = new GroupStore();
  readonly #classic: ClassicGroups;
  readonly #consumer: ConsumerGroups;

  constructor(config: GroupConfig, topics: GroupTopics) {
    this.#config = config;
    this.#topics = topics;
    this.#classic = new ClassicGroups(config);
    this.#consumer = new ConsumerGroups(config, topics);
  }

  // Hard state.

  replay(record: GroupRecord, recordOffset: number, producerId: number): void {
    this.#store.replay(record, recordOffset, producerId);
  }

  replayEndTransaction(producerId: number, result: 'commit' | 'abort'): void {
    this.#store.offsets.replayEndTransaction(producerId, result);
  }

  handleLoaded(now: Instant): GroupOutcome {
    const outcome = new GroupOutcome();
    this.#store.loaded(now.wallMs);
    for (const group of this.#store.groups.values()) {
      if (group.kind === 'classic') this.#classic.handleLoaded(group, now, outcome);
      else this.#consumer.handleLoaded(group, now, outcome);
    }
    this.#setExpiryTimer(outcome);
    return outcome;
  }

  // Membership.

  handleJoin(request: JoinGroupRequest, context: JoinContext, now: Instant): GroupOutcome {
    const outcome = new GroupOutcome();
    const known = this.#store.groups.get(request.groupId);
    if (known?.kind === 'classic') {
      this.#classic.join.handle(known, request, context, now, outcome);
      return outcome;
    }
    if (known !== undefined && known.members.size > 0) {
      this.#consumer.classicMembers.join(known, request, context, now, outcome);
      return outcome;
    }
    if (request.memberId !== '')
      return outcome.reply(context.ticket, joinError(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId));
    const group = new ClassicGroup(request.groupId, now.wallMs);
    this.#classic.join.handle(group, request, context, now, outcome);
    if (group.members.size === 0 && group.pendingMembers.size === 0) return outcome;
    // An empty consumer group gives its place away (C25).
    if (known !== undefined) groupTombstones(known, outcome);
    this.#store.groups.set(group.groupId, group);
    outcome.records.push(group.emptyRecord());
    outcome.failure = { kind: 'new-group', groupId: group.groupId, previous: known ?? null };
    return outcome;
  }

  handleSync(request: SyncGroupRequest, ticket: Ticket<SyncGroupResponseInput>, now: Instant): GroupOutcome {
    const outcome = new GroupOutcome();
    const group = this.#store.groups.get(request.groupId);
    if (group === undefined) outcome.reply(ticket, syncError(ErrorCode.UNKNOWN_MEMBER_ID));
    else if (group.kind === 'classic') this.#classic.membership.sync(group, request, ticket, now, outcome);
    else this.#consumer.classicMembers.sync(group, request, ticket, now, outcome);
    return outcome;
  }

  handleHeartbeat(
    request: HeartbeatRequest,
    ticket: Ticket<HeartbeatResponseInput>,
    now: Instant,
  ): GroupOutcome {
    const outcome = new GroupOutcome();
    const group = this.#store.groups.get(request.groupId);
    let errorCode: number = ErrorCode.UNKNOWN_MEMBER_ID;
    if (group?.kind === 'classic')
      errorCode = this.#classic.membership.heartbeat(group, request, now, outcome);
    else if (group !== undefined)
      errorCode = this.#consumer.classicMembers.heartbeat(group, request, now, outcome);
    return outcome.reply(ticket, { errorCode });
  }

  handleConsumerHeartbeat(
    request: ConsumerGroupHeartbeatRequest,
    context: HeartbeatContext,
    now: Instant,
  ): GroupOutcome {
    const outcome = new GroupOutcome();
    const { groupId } = request;
    const known = this.#store.groups.get(groupId);
    const created = this.#consumer.heartbeat(known, request, context, now, outcome);
    if (created === null) return outcome;
    this.#store.expect(created);
    outcome.failure = { kind: 'new-consumer-group', groupId };
    return outcome;
  }

  /** An unknown group knows none of the members (C12). */
  handleLeave(
    groupId: string,
    leaving: readonly LeavingMember[],
    ticket: Ticket<readonly LeaveResult[]>,
    now: Instant,
  ): GroupOutcome {
    const outcome = new GroupOutcome();
    const group = this.#store.groups.get(groupId);
    if (group?.kind === 'classic')
      return outcome.reply(ticket, this.#classic.membership.leave(group, leaving, now, outcome));
    if (group !== undefined)
      return outcome.reply(ticket, this.#consumer.classicMembers.leave(group, leaving, now, outcome));
    return outcome.reply(
      ticket,
      leaving.map(({ memberId, groupInstanceId }) => ({
        memberId,
        groupInstanceId,
        errorCode: ErrorCode.UNKNOWN_MEMBER_ID,
      })),
    );
  }

  /** The reply is NONE for a group that goes, with all its offsets, or why it stays (C17). */
  handleDeleteGroup(groupId: string, ticket: Ticket<number>): GroupOutcome {
    const outcome = new GroupOutcome();
    outcome.atomicity = 'any-batches';
    const { groups, offsets } = this.#store;
    return outcome.reply(ticket, deleteGroup(groups.get(groupId), offsets, outcome));
  }

  // Offsets.

  handleOffsetCommit(commit: OffsetCommit, ticket: Ticket<OffsetCommitResult>, now: Instant): GroupOutcome {
    const outcome = new GroupOutcome();
    const group = this.#store.groups.get(commit.groupId);
    const errorCode = validateCommit(group, commit, this.#topics);
    if (errorCode !== ErrorCode.NONE) return outcome.reply(ticket, { kind: 'refused', errorCode });
    if (group?.kind === 'classic') {
      const member = group.members.get(commit.memberId);
      if (member !== undefined) renewSession(group, member.memberId, member.sessionTimeoutMs, now, outcome);
    }
    const expireTimestampMs = commit.retentionTimeMs < 0 ? -1 : now.wallMs + commit.retentionTimeMs;
    const errorCodes = this.#recordOffsets(commit, expireTimestampMs, now, outcome);
    return outcome.reply(ticket, { kind: 'done', errorCodes });
  }

  /** The offsets wait for the end of the producer's transaction (C15). */
  handleTransactionalOffsetCommit(
    commit: TransactionalOffsetCommit,
    ticket: Ticket<OffsetCommitResult>,
    now: Instant,
  ): GroupOutcome {
    const outcome = new GroupOutcome();
    const group = this.#store.groups.get(commit.groupId);
    const errorCode = validateTransactionalCommit(group, commit);
    if (errorCode !== ErrorCode.NONE) return outcome.reply(ticket, { kind: 'refused', errorCode });
    if (group?.kind === 'classic') {
      const member = group.members.get(commit.memberId);
      if (member !== undefined) renewSession(group, member.memberId, member.sessionTimeoutMs, now, outcome);
    }
    const { producerId, producerEpoch } = commit;
    outcome.producer = { producerId, producerEpoch };
    const errorCodes = this.#recordOffsets(commit, -1, now, outcome);
    return outcome.reply(ticket, { kind: 'done', errorCodes });
  }

  handleDeleteOffsets(
    groupId: string,
    toDelete: readonly OffsetToDelete[],
    ticket: Ticket<OffsetDeletion>,
  ): GroupOutcome {
    const outcome = new GroupOutcome();
    outcome.atomicity = 'any-batches';
    const { groups, offsets } = this.#store;
    return outcome.reply(ticket, deleteOffsets(groups.get(groupId), toDelete, offsets, outcome));
  }

  /** The topic is gone: so are the offsets that groups committed for it (C16). */
  handleTopicDeleted(topic: string): GroupOutcome {
    const outcome = new GroupOutcome();
    outcome.atomicity = 'any-batches';
    this.#store.offsets.forEachOfTopic(topic, (groupId, partition) => {
      outcome.records.push({ kind: 'offset', groupId, topic, partition, value: null });
    });
    return outcome;
  }

  // Views; they change nothing.

  /** NONE, or why the member may not read the group's offsets (C24). */
  validateFetch(groupId: string, memberId: string | null, memberEpoch: number): number {
    return validateFetch(this.#store.groups.get(groupId), memberId, memberEpoch);
  }

  committedOffset(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#store.offsets.get(groupId, topic, partition);
  }

  committedOffsets(groupId: string): TopicOffsets | undefined {
    return this.#store.offsets.ofGroup(groupId);
  }

  isOffsetPending(groupId: string, topic: string, partition: number): boolean {
    return this.#store.offsets.isPending(groupId, topic, partition);
  }

  describe(groupId: string, apiVersion: number): DescribedGroup {
    const group = this.#store.groups.get(groupId);
    return group?.kind === 'classic'
      ? describeGroup(group)
      : describeMissingGroup(groupId, group, apiVersion);
  }

  describeConsumer(groupId: string): DescribedConsumerGroup {
    return this.#consumer.describe(this.#store.groups.get(groupId), groupId);
  }

  list(filter: GroupFilter): ListedGroup[] {
    const listed: ListedGroup[] = [];
    for (const group of this.#store.groups.values()) {
      const view = listGroup(group, filter);
      if (view !== null) listed.push(view);
    }
    return listed;
  }

  /** The group as it stands, for tests and checks. */
  group(groupId: string): Group | undefined {
    return this.#store.groups.get(groupId);
  }

  // Timers and failures.

  handleTimer(event: GroupTimerEvent, now: Instant): GroupOutcome {
    const outcome = new GroupOutcome();
    if (event.kind === 'offset-expiry') {
      outcome.atomicity = 'any-batches';
      for (const group of this.#store.groups.values())
        expireOffsets(group, this.#store.offsets, this.#config.offsetsRetentionMs, now.wallMs, outcome);
      this.#setExpiryTimer(outcome);
      return outcome;
    }
    const group = this.#store.groups.get(event.groupId);
    if (group?.kind === 'classic') this.#classic.handleTimer(group, event, now, outcome);
    else if (group !== undefined) this.#consumer.handleTimer(group, event, now, outcome);
    return outcome;
  }

  handleAppendFailure(failure: GroupAppendFailure, errorCode: number, now: Instant): GroupOutcome {
    const outcome = new GroupOutcome();
    const { groupId } = failure;
    if (failure.kind === 'new-consumer-group') this.#store.forgetUnborn(groupId);
    if (failure.kind === 'timer') outcome.setTimer(timerKeyOf(failure.event), timerRetryMs, failure.event);
    const group = this.#store.groups.get(groupId);
    if (group?.kind !== 'classic') return outcome;
    if (failure.kind === 'new-group') this.#store.putBack(groupId, failure.previous);
    this.#classic.handleAppendFailure(group, failure, errorCode, now, outcome);
    return outcome;
  }

  #recordOffsets(
    { groupId, offsets }: { readonly groupId: string; readonly offsets: readonly OffsetToCommit[] },
    expireTimestampMs: number,
    now: Instant,
    outcome: GroupOutcome,
  ): number[] {
    return offsets.map(({ topic, partition, offset, leaderEpoch, metadata }) => {
      if (metadata.length > this.#config.offsetMetadataMaxBytes) return ErrorCode.OFFSET_METADATA_TOO_LARGE;
      outcome.records.push({
        kind: 'offset',
        groupId,
        topic,
        partition,
        value: { offset, leaderEpoch, metadata, commitTimestampMs: now.wallMs, expireTimestampMs },
      });
      return ErrorCode.NONE;
    });
  }

  #setExpiryTimer(outcome: GroupOutcome): void {
    outcome.setTimer(groupTimerKey.offsetExpiry, this.#config.offsetsRetentionCheckIntervalMs, {
      kind: 'offset-expiry',
    });
  }
}
