// Decides how a member joins, stays in and leaves a group of the classic protocol, and what each reply of the coordinator means.
import { ErrorCode } from '../../protocol/errors.js';
import type { HeartbeatRequestInput } from '../../protocol/messages/12-heartbeat.js';
import type { JoinGroupRequestInput, JoinGroupResponse } from '../../protocol/messages/11-join-group.js';
import type { LeaveGroupRequestInput } from '../../protocol/messages/13-leave-group.js';
import type { SyncGroupRequestInput, SyncGroupResponse } from '../../protocol/messages/14-sync-group.js';

export interface GroupMembershipOptions {
  readonly groupId: string;
  /** Kafka's `group.instance.id`: set, the member is static (KIP-345). */
  readonly groupInstanceId: string | null;
  readonly sessionTimeoutMs: number;
  /** How long the group waits for this member in a rebalance: Kafka uses `max.poll.interval.ms`. */
  readonly rebalanceTimeoutMs: number;
}

/** `joining` until the coordinator answered JoinGroup, `syncing` until it answered SyncGroup. */
export type MembershipState = 'unjoined' | 'joining' | 'syncing' | 'stable';

export interface ProtocolOffer {
  readonly name: string;
  readonly metadata: Buffer;
}

/** Who sent a request, to tell replies that come after a new generation or a leave. */
export interface MemberIdentity {
  readonly memberId: string;
  readonly generationId: number;
}

/** What failed means: try again at once or after a back-off (perhaps at another broker), or give up. */
export type GroupFailure =
  | { readonly kind: 'retryNow' }
  | { readonly kind: 'retryLater'; readonly coordinatorLost: boolean; readonly errorCode: number }
  | { readonly kind: 'fatal'; readonly errorCode: number }
  | { readonly kind: 'stale' };

export type JoinOutcome =
  | { readonly kind: 'follow' }
  | {
      readonly kind: 'lead';
      readonly members: JoinGroupResponse['members'];
      /** The coordinator kept the assignment of a static leader that came back (KIP-814). */
      readonly skipAssignment: boolean;
    }
  | GroupFailure;

export type SyncOutcome =
  { readonly kind: 'assigned'; readonly assignment: Buffer; readonly protocolName: string } | GroupFailure;

const protocolType = 'consumer';
const firstLeaveVersionWithMembers = 3;

export class GroupMembership {
  state: MembershipState = 'unjoined';
  memberId = '';
  generationId = -1;
  protocolName: string | null = null;
  /** Why the member must join (again); null when it need not. */
  rejoinReason: string | null = 'the consumer subscribed';
  readonly #options: GroupMembershipOptions;

  constructor(options: GroupMembershipOptions) {
    this.#options = options;
  }

  get isStatic(): boolean {
    return this.#options.groupInstanceId !== null;
  }

  get groupId(): string {
    return this.#options.groupId;
  }

  get groupInstanceId(): string | null {
    return this.#options.groupInstanceId;
  }

  get identity(): MemberIdentity {
    return { memberId: this.memberId, generationId: this.generationId };
  }

  requestRejoin(reason: string): void {
    this.rejoinReason ??= reason;
  }

  /** Forgets the generation; what was assigned under it is lost (CC4). */
  reset(reason: string, keepMemberId: boolean): void {
    this.state = 'unjoined';
    this.generationId = -1;
    this.protocolName = null;
    if (!keepMemberId) this.memberId = '';
    this.requestRejoin(reason);
  }

  joinRequest(offers: readonly ProtocolOffer[]): JoinGroupRequestInput {
    this.state = 'joining';
    const { groupId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    return {
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: this.memberId,
      groupInstanceId,
      protocolType,
      protocols: offers,
      reason: this.rejoinReason,
    };
  }

  handleJoinResponse(response: JoinGroupResponse): JoinOutcome {
    if (this.state !== 'joining') return { kind: 'stale' };
    if (response.errorCode !== ErrorCode.NONE) return this.#handleJoinError(response);
    if (response.protocolType !== null && response.protocolType !== protocolType) {
      return this.#fail(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    }
    this.state = 'syncing';
    this.memberId = response.memberId;
    this.generationId = response.generationId;
    this.protocolName = response.protocolName;
    if (response.leader !== response.memberId) return { kind: 'follow' };
    return { kind: 'lead', members: response.members, skipAssignment: response.skipAssignment };
  }

  syncRequest(assignments: SyncGroupRequestInput['assignments']): SyncGroupRequestInput {
    return {
      groupId: this.groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      groupInstanceId: this.groupInstanceId,
      protocolType,
      protocolName: this.protocolName,
      assignments,
    };
  }

  handleSyncResponse(response: SyncGroupResponse, sentBy: MemberIdentity): SyncOutcome {
    if (this.state !== 'syncing' || !this.#isCurrent(sentBy)) return { kind: 'stale' };
    if (response.errorCode === ErrorCode.NONE) {
      this.state = 'stable';
      this.rejoinReason = null;
      return { kind: 'assigned', assignment: response.assignment, protocolName: this.protocolName ?? '' };
    }
    this.state = 'unjoined';
    switch (response.errorCode) {
      case ErrorCode.REBALANCE_IN_PROGRESS:
        this.requestRejoin('the group started another rebalance');
        return { kind: 'retryNow' };
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.ILLEGAL_GENERATION:
        this.reset('the coordinator no longer knew the member at sync', false);
        return { kind: 'retryNow' };
      default:
        return this.#commonFailure(response.errorCode);
    }
  }

  heartbeatRequest(): HeartbeatRequestInput {
    return {
      groupId: this.groupId,
      generationId: this.generationId,
      memberId: this.memberId,
      groupInstanceId: this.groupInstanceId,
    };
  }

  /** `proceed` is both success and a rejoin that the next poll will see in `rejoinReason`. */
  handleHeartbeatResponse(
    errorCode: number,
    sentBy: MemberIdentity,
  ): { readonly kind: 'proceed' } | GroupFailure {
    if (!this.#isCurrent(sentBy)) return { kind: 'stale' };
    switch (errorCode) {
      case ErrorCode.NONE:
        return { kind: 'proceed' };
      case ErrorCode.REBALANCE_IN_PROGRESS:
        // While joining or syncing the member already does what it is told.
        if (this.state === 'stable') this.requestRejoin('the group is rebalancing');
        return { kind: 'proceed' };
      case ErrorCode.ILLEGAL_GENERATION:
        this.reset('the coordinator had a newer generation', true);
        return { kind: 'proceed' };
      case ErrorCode.UNKNOWN_MEMBER_ID:
        this.reset('the coordinator no longer knew the member', false);
        return { kind: 'proceed' };
      default:
        return this.#commonFailure(errorCode);
    }
  }

  /** What a commit's error says of the membership (CC8); true when the member has to join again before it may commit. */
  handleCommitError(errorCode: number, sentBy: MemberIdentity): boolean {
    const fenced =
      errorCode === ErrorCode.ILLEGAL_GENERATION ||
      errorCode === ErrorCode.UNKNOWN_MEMBER_ID ||
      errorCode === ErrorCode.FENCED_INSTANCE_ID;
    if (fenced && this.#isCurrent(sentBy) && this.state === 'stable') {
      this.reset('a commit was refused', errorCode === ErrorCode.ILLEGAL_GENERATION);
    }
    if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS) this.requestRejoin('a commit met a rebalance');
    return fenced || errorCode === ErrorCode.REBALANCE_IN_PROGRESS;
  }

  /**
   * The request by version; null when there is nothing to leave: not joined, or static (CC5: a static member's place is kept).
   */
  leaveRequest(reason: string): ((version: number) => LeaveGroupRequestInput) | null {
    const { groupId, memberId } = this;
    if (this.isStatic || memberId === '') return null;
    const members = [{ memberId, groupInstanceId: null, reason }];
    return (version) =>
      version < firstLeaveVersionWithMembers ? { groupId, memberId } : { groupId, memberId: '', members };
  }

  /** A join or sync request was lost on the way: what the coordinator made of it is unknown. */
  handleLostRequest(): void {
    if (this.state === 'joining' || this.state === 'syncing') this.state = 'unjoined';
    this.requestRejoin('a request to the coordinator was lost');
  }

  #handleJoinError(response: JoinGroupResponse): GroupFailure {
    this.state = 'unjoined';
    switch (response.errorCode) {
      case ErrorCode.MEMBER_ID_REQUIRED:
        this.memberId = response.memberId;
        return { kind: 'retryNow' };
      case ErrorCode.UNKNOWN_MEMBER_ID:
        this.reset('the coordinator no longer knew the member at join', false);
        return { kind: 'retryNow' };
      case ErrorCode.ILLEGAL_GENERATION:
        this.reset('the coordinator had a newer generation at join', true);
        return { kind: 'retryNow' };
      case ErrorCode.REBALANCE_IN_PROGRESS:
        return { kind: 'retryLater', coordinatorLost: false, errorCode: response.errorCode };
      default:
        return this.#commonFailure(response.errorCode);
    }
  }

  #commonFailure(errorCode: number): GroupFailure {
    switch (errorCode) {
      case ErrorCode.COORDINATOR_NOT_AVAILABLE:
      case ErrorCode.NOT_COORDINATOR:
        return { kind: 'retryLater', coordinatorLost: true, errorCode };
      case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
      case ErrorCode.REQUEST_TIMED_OUT:
        return { kind: 'retryLater', coordinatorLost: false, errorCode };
      default:
        return this.#fail(errorCode);
    }
  }

  #fail(errorCode: number): GroupFailure {
    this.reset('the coordinator refused the member', errorCode !== ErrorCode.FENCED_INSTANCE_ID);
    return { kind: 'fatal', errorCode };
  }

  #isCurrent(identity: MemberIdentity): boolean {
    return identity.memberId === this.memberId && identity.generationId === this.generationId;
  }
}
