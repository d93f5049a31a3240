// Decides what one partition of `__consumer_offsets` means: its groups, their members, and the offsets they committed.
import { ErrorCode } from '../../protocol/errors.js';
import type { JoinGroupRequest } from '../../protocol/messages/11-join-group.js';
import type { HeartbeatRequest, HeartbeatResponseInput } from '../../protocol/messages/12-heartbeat.js';
import type { SyncGroupRequest, SyncGroupResponseInput } from '../../protocol/messages/14-sync-group.js';
import type { CoordinatorMachine, Instant, Ticket } from '../coordinator/outcome.js';
import { ClassicGroup } from './classic-group.js';
import { ClassicJoin, type JoinContext } from './classic-join.js';
import { ClassicMembership, type LeaveResult, type LeavingMember } from './classic-membership.js';
import { ClassicRebalance } from './classic-rebalance.js';
import { joinError, syncError } from './classic-replies.js';
import { endSession, renewSession } from './classic-sessions.js';
import { CommittedOffsets } from './committed-offsets.js';
import type { GroupConfig } from './group-config.js';
import {
  groupTimerKey,
  GroupOutcome,
  type GroupAppendFailure,
  type GroupTimerEvent,
} from './group-outcome.js';
import type { GroupRecord } from './group-record.js';
import {
  describeGroup,
  describeMissingGroup,
  listGroup,
  type DescribedGroup,
  type GroupFilter,
  type ListedGroup,
} from './group-views.js';
import { validateCommit, type OffsetCommit, type OffsetCommitResult } from './offset-commit.js';
import { expireOffsets } from './offset-expiry.js';
import type { CommittedOffset, TopicOffsets } from './offset-table.js';

export class GroupMachine implements CoordinatorMachine<GroupRecord, GroupTimerEvent, GroupAppendFailure> {
  readonly #config: GroupConfig;
  readonly #groups = new Map<string, ClassicGroup>();
  readonly #offsets = new CommittedOffsets();
  readonly #rebalance: ClassicRebalance;
  readonly #join: ClassicJoin;
  readonly #membership: ClassicMembership;

  constructor(config: GroupConfig) {
    this.#config = config;
    this.#rebalance = new ClassicRebalance(config);
    this.#join = new ClassicJoin(config, this.#rebalance);
    this.#membership = new ClassicMembership(this.#rebalance);
  }

  // Hard state.

  replay(record: GroupRecord, recordOffset: number, producerId: number): void {
    if (record.kind === 'offset') {
      this.#offsets.replay(record, record.value, recordOffset, producerId);
      if (record.value !== null && !this.#groups.has(record.groupId))
        this.#groups.set(record.groupId, new ClassicGroup(record.groupId, record.value.commitTimestampMs));
    } else if (record.value === null) {
      this.#groups.delete(record.groupId);
    } else {
      let group = this.#groups.get(record.groupId);
      if (group === undefined) {
        group = new ClassicGroup(record.groupId, record.value.currentStateTimestampMs);
        this.#groups.set(record.groupId, group);
      }
      group.replay(record.value);
    }
  }

  replayEndTransaction(producerId: number, result: 'commit' | 'abort'): void {
    this.#offsets.replayEndTransaction(producerId, result);
  }

  handleLoaded(now: Instant): GroupOutcome {
    const outcome = new GroupOutcome();
    // Offsets whose group was tombstoned before them must not be out of expiry's reach.
    for (const groupId of this.#offsets.groupIds())
      if (!this.#groups.has(groupId)) this.#groups.set(groupId, new ClassicGroup(groupId, now.wallMs));
    for (const group of this.#groups.values()) {
      group.restore();
      for (const member of group.members.values())
        renewSession(group, member.memberId, member.sessionTimeoutMs, now, outcome);
      if (group.members.size > this.#config.groupMaxSize)
        this.#rebalance.prepare(group, 'more members than group.max.size allows were loaded', now, outcome);
    }
    this.#setExpiryTimer(outcome);
    return outcome;
  }

  // Membership.

  handleJoin(request: JoinGroupRequest, context: JoinContext, now: Instant): GroupOutcome {
    const outcome = new GroupOutcome();
    const known = this.#groups.get(request.groupId);
    if (known !== undefined) {
      this.#join.handle(known, request, context, now, outcome);
      return outcome;
    }
    if (request.memberId !== '')
      return outcome.reply(context.ticket, joinError(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId));
    const group = new ClassicGroup(request.groupId, now.wallMs);
    this.#join.handle(group, request, context, now, outcome);
    if (group.members.size === 0 && group.pendingMembers.size === 0) return outcome;
    this.#groups.set(group.groupId, group);
    outcome.records.push(group.emptyRecord());
    outcome.failure = { kind: 'new-group', groupId: group.groupId };
    return outcome;
  }

  handleSync(request: SyncGroupRequest, ticket: Ticket<SyncGroupResponseInput>, now: Instant): GroupOutcome {
    const outcome = new GroupOutcome();
    const group = this.#groups.get(request.groupId);
    if (group === undefined) return outcome.reply(ticket, syncError(ErrorCode.UNKNOWN_MEMBER_ID));
    this.#membership.sync(group, request, ticket, now, outcome);
    return outcome;
  }

  handleHeartbeat(
    request: HeartbeatRequest,
    ticket: Ticket<HeartbeatResponseInput>,
    now: Instant,
  ): GroupOutcome {
    const outcome = new GroupOutcome();
    const group = this.#groups.get(request.groupId);
    const errorCode =
      group === undefined
        ? ErrorCode.UNKNOWN_MEMBER_ID
        : this.#membership.heartbeat(group, request, now, outcome);
    return outcome.reply(ticket, { errorCode });
  }

  /** An unknown group knows none of the members (C12). */
  handleLeave(
    groupId: string,
    leaving: readonly LeavingMember[],
    ticket: Ticket<readonly LeaveResult[]>,
    now: Instant,
  ): GroupOutcome {
    const outcome = new GroupOutcome();
    const group = this.#groups.get(groupId);
    if (group !== undefined)
      return outcome.reply(ticket, this.#membership.leave(group, leaving, now, outcome));
    return outcome.reply(
      ticket,
      leaving.map(({ memberId, groupInstanceId }) => ({
        memberId,
        groupInstanceId,
        errorCode: ErrorCode.UNKNOWN_MEMBER_ID,
      })),
    );
  }

  // Offsets.

  handleOffsetCommit(commit: OffsetCommit, ticket: Ticket<OffsetCommitResult>, now: Instant): GroupOutcome {
    const outcome = new GroupOutcome();
    const group = this.#groups.get(commit.groupId);
    const errorCode = validateCommit(group, commit, commit.apiVersion);
    if (errorCode !== ErrorCode.NONE) return outcome.reply(ticket, { kind: 'refused', errorCode });
    const member = group?.members.get(commit.memberId);
    if (group !== undefined && member !== undefined)
      renewSession(group, member.memberId, member.sessionTimeoutMs, now, outcome);
    const expireTimestampMs = commit.retentionTimeMs < 0 ? -1 : now.wallMs + commit.retentionTimeMs;
    const errorCodes = commit.offsets.map(({ topic, partition, offset, leaderEpoch, metadata }) => {
      if (metadata.length > this.#config.offsetMetadataMaxBytes) return ErrorCode.OFFSET_METADATA_TOO_LARGE;
      outcome.records.push({
        kind: 'offset',
        groupId: commit.groupId,
        topic,
        partition,
        value: { offset, leaderEpoch, metadata, commitTimestampMs: now.wallMs, expireTimestampMs },
      });
      return ErrorCode.NONE;
    });
    return outcome.reply(ticket, { kind: 'done', errorCodes });
  }

  /** The topic is gone: so are the offsets that groups committed for it (C16). */
  handleTopicDeleted(topic: string): GroupOutcome {
    const outcome = new GroupOutcome();
    outcome.atomicity = 'any-batches';
    this.#offsets.forEachOfTopic(topic, (groupId, partition) => {
      outcome.records.push({ kind: 'offset', groupId, topic, partition, value: null });
    });
    return outcome;
  }

  // Views; they change nothing.

  committedOffset(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#offsets.get(groupId, topic, partition);
  }

  committedOffsets(groupId: string): TopicOffsets | undefined {
    return this.#offsets.ofGroup(groupId);
  }

  isOffsetPending(groupId: string, topic: string, partition: number): boolean {
    return this.#offsets.isPending(groupId, topic, partition);
  }

  describe(groupId: string, apiVersion: number): DescribedGroup {
    const group = this.#groups.get(groupId);
    return group === undefined ? describeMissingGroup(groupId, apiVersion) : describeGroup(group);
  }

  list(filter: GroupFilter): ListedGroup[] {
    const listed: ListedGroup[] = [];
    for (const group of this.#groups.values()) {
      const view = listGroup(group, filter);
      if (view !== null) listed.push(view);
    }
    return listed;
  }

  /** The group as it stands, for tests and checks. */
  group(groupId: string): ClassicGroup | undefined {
    return this.#groups.get(groupId);
  }

  // Timers and failures.

  handleTimer(event: GroupTimerEvent, now: Instant): GroupOutcome {
    const outcome = new GroupOutcome();
    if (event.kind === 'offset-expiry') {
      this.#expireOffsets(now, outcome);
      return outcome;
    }
    const group = this.#groups.get(event.groupId);
    if (group === undefined) return outcome;
    switch (event.kind) {
      case 'session':
        this.#rebalance.expireSession(group, event.memberId, now, outcome);
        break;
      case 'initial-join':
        this.#rebalance.expireInitialDelay(group, event.delayMs, event.remainingMs, now, outcome);
        break;
      case 'join':
        this.#rebalance.expireJoin(group, now, outcome);
        break;
      case 'sync':
        this.#rebalance.expireSync(group, event.generation, now, outcome);
        break;
    }
    return outcome;
  }

  handleAppendFailure(failure: GroupAppendFailure, errorCode: number, now: Instant): GroupOutcome {
    const outcome = new GroupOutcome();
    const group = this.#groups.get(failure.groupId);
    if (group === undefined) return outcome;
    switch (failure.kind) {
      case 'new-group':
        this.#dropNewGroup(group, errorCode, outcome);
        break;
      case 'assignment':
        this.#membership.assignmentFailed(group, failure.generation, errorCode, now, outcome);
        break;
      case 'static-member':
        this.#membership.staticMemberFailed(group, failure.previous, now, outcome);
        break;
    }
    return outcome;
  }

  #dropNewGroup(group: ClassicGroup, errorCode: number, outcome: GroupOutcome): void {
    this.#groups.delete(group.groupId);
    outcome.cancelTimer(groupTimerKey.join(group.groupId));
    for (const memberId of group.sessions.keys()) endSession(group, memberId, outcome);
    for (const member of group.members.values())
      if (member.awaitingJoin !== null) outcome.reply(member.awaitingJoin, joinError(errorCode, ''));
  }

  #expireOffsets(now: Instant, outcome: GroupOutcome): void {
    outcome.atomicity = 'any-batches';
    for (const group of this.#groups.values())
      expireOffsets(group, this.#offsets, this.#config.offsetsRetentionMs, now.wallMs, outcome);
    this.#setExpiryTimer(outcome);
  }

  #setExpiryTimer(outcome: GroupOutcome): void {
    outcome.setTimer(groupTimerKey.offsetExpiry, this.#config.offsetsRetentionCheckIntervalMs, {
      kind: 'offset-expiry',
    });
  }
}
