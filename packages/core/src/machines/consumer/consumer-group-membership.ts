// Decides how a member joins, stays in and leaves a group of the consumer protocol, and what it does with assignments (KIP-848).
import { ErrorCode } from '../../protocol/errors.js';
import type {
  ConsumerGroupHeartbeatRequestInput,
  ConsumerGroupHeartbeatResponse,
} from '../../protocol/messages/68-consumer-group-heartbeat.js';
import {
  fromWireAssignment,
  sameAssignment,
  without,
  type AssignedPartition,
  type TopicIdPartition,
} from './consumer-group-assignment.js';
import { HeartbeatFields, type HeartbeatSubscription } from './heartbeat-fields.js';

/**
 * `joining` until the coordinator answered with an assignment; `reconciling` while partitions are given up and taken; `acknowledging`
 * until the coordinator is told; `fenced`, and `stale` after a slow poll, until the application was told that its partitions are lost;
 * `leaving` while it gives them up; `fatal` until the application unsubscribes.
 */
export type ConsumerGroupState =
  | 'unsubscribed'
  | 'joining'
  | 'reconciling'
  | 'acknowledging'
  | 'stable'
  | 'fenced'
  | 'stale'
  | 'leaving'
  | 'fatal';

export interface ConsumerGroupMembershipOptions {
  readonly groupId: string;
  /** Chosen by the client and kept for its whole life (KIP-1082). */
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** How long the group waits for this member to give partitions up: Kafka uses `max.poll.interval.ms`. */
  readonly rebalanceTimeoutMs: number;
  /** Null: the group's default. */
  readonly serverAssignor: string | null;
  readonly rackId: string | null;
}

/** A heartbeat to send, and which life of the member sends it: a reply to an earlier one says nothing any more. */
export interface OutgoingHeartbeat {
  readonly life: number;
  readonly body: (version: number) => ConsumerGroupHeartbeatRequestInput;
}

/** One step towards the assignment that the coordinator wants. */
export interface Reconciliation {
  readonly revoked: readonly AssignedPartition[];
  readonly added: readonly AssignedPartition[];
  readonly kept: readonly AssignedPartition[];
  readonly life: number;
}

export interface ReconciliationPlan {
  /** Null when there is nothing to do yet. */
  readonly reconciliation: Reconciliation | null;
  /** Topics whose names must be looked up before the rest can be done. */
  readonly unknownTopicIds: readonly string[];
}

export type ConsumerHeartbeatOutcome =
  | { readonly kind: 'answered' }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'retryLater'; readonly coordinatorLost: boolean }
  /** Told to the application; the member tries on. */
  | { readonly kind: 'refused'; readonly errorCode: number; readonly message: string | null }
  | { readonly kind: 'fatal'; readonly errorCode: number; readonly message: string | null }
  /** The reply is to an earlier life, or to nobody. */
  | { readonly kind: 'stale' };

const joinEpoch = 0;
const leaveEpoch = -1;
/** A static member that leaves keeps its partitions until its session ends. */
const leaveStaticEpoch = -2;
/** Before this version the coordinator gave the member its id, and knew no regular expressions. */
const firstVersionWithOwnMemberId = 1;

const nothingToDo: ReconciliationPlan = { reconciliation: null, unknownTopicIds: [] };

/** Bounds: the partitions that the coordinator assigns. */
export class ConsumerGroupMembership {
  state: ConsumerGroupState = 'unsubscribed';
  memberId: string;
  memberEpoch = joinEpoch;
  /** The last one that it had as a member, in whichever life; -1 before it first was one. */
  lastMemberEpoch = -1;
  /** What the member holds. */
  owned: readonly AssignedPartition[] = [];
  /** Goes up whenever the member joins anew, is thrown out or leaves. */
  life = 0;
  readonly #options: ConsumerGroupMembershipOptions;
  readonly #fields: HeartbeatFields;
  /** Null until the coordinator has named one in this life. */
  #target: readonly TopicIdPartition[] | null = null;
  /** The application was told of an assignment in this life, be it an empty one. */
  #everAssigned = false;
  #underWay = false;
  #reconciliations = 0;
  /** The coordinator may know the member. */
  #contacted = false;

  constructor(options: ConsumerGroupMembershipOptions) {
    this.#options = options;
    this.memberId = options.memberId;
    this.#fields = new HeartbeatFields(options);
  }

  get groupId(): string {
    return this.#options.groupId;
  }

  get groupInstanceId(): string | null {
    return this.#options.groupInstanceId;
  }

  /** Whether the coordinator has it as a member, as far as is known here. */
  get isMember(): boolean {
    return this.memberEpoch > joinEpoch;
  }

  /** Whether heartbeats are sent. */
  get beats(): boolean {
    switch (this.state) {
      case 'joining':
      case 'reconciling':
      case 'acknowledging':
      case 'stable':
        return true;
      case 'leaving':
        // Without an epoch a heartbeat would join again.
        return this.isMember;
      default:
        return false;
    }
  }

  /** Whether the next heartbeat has something to say that should not wait for its turn. */
  isUrgent(subscription: HeartbeatSubscription): boolean {
    if (!this.beats || this.state === 'leaving') return false;
    return this.#fields.isNews(subscription, this.#reconciliations);
  }

  /** The application subscribed, or was told that its partitions are lost; nothing is held any more. */
  join(): void {
    const { state } = this;
    if (state !== 'unsubscribed' && state !== 'fenced' && state !== 'stale') return;
    this.#begin('joining');
    this.#hold([]);
  }

  /** The heartbeat to send now; sending it says that the last reconciliation is done. */
  heartbeat(subscription: HeartbeatSubscription): OutgoingHeartbeat {
    this.#contacted = true;
    const { groupId, groupInstanceId: instanceId } = this.#options;
    const { life, memberId, memberEpoch } = this;
    const fields = this.#fields.next(subscription, this.owned, this.#reconciliations);
    if (this.state === 'acknowledging') this.state = this.#isReconciled() ? 'stable' : 'reconciling';
    return {
      life,
      body: (version) =>
        version < firstVersionWithOwnMemberId
          ? {
              ...fields,
              subscribedTopicRegex: null,
              groupId,
              memberId: memberEpoch === joinEpoch ? '' : memberId,
              memberEpoch,
              instanceId,
            }
          : { ...fields, groupId, memberId, memberEpoch, instanceId },
    };
  }

  handleResponse(life: number, response: ConsumerGroupHeartbeatResponse): ConsumerHeartbeatOutcome {
    if (life !== this.life || !this.beats) return { kind: 'stale' };
    const { errorCode } = response;
    if (errorCode !== ErrorCode.NONE) return this.#handleError(errorCode, response.errorMessage);
    if (response.memberId !== null && response.memberId !== '') this.memberId = response.memberId;
    this.memberEpoch = response.memberEpoch;
    if (this.isMember) this.lastMemberEpoch = response.memberEpoch;
    if (response.assignment !== null && this.state !== 'leaving')
      this.#aim(fromWireAssignment(response.assignment.topicPartitions));
    return { kind: 'answered' };
  }

  /** The reply did not come: what the coordinator made of the request is not known. */
  handleLostHeartbeat(life: number): void {
    if (life === this.life) this.#fields.forget();
  }

  /** What is to be done next for the assignment; `nameOf` gives null for a topic id that is not known here. */
  plan(nameOf: (topicId: string) => string | null): ReconciliationPlan {
    const { owned, life } = this;
    const target = this.#target;
    if (this.state !== 'reconciling' || this.#underWay || target === null) return nothingToDo;
    const unknown = new Set<string>();
    const named: AssignedPartition[] = [];
    for (const one of without(target, owned)) {
      const topic = nameOf(one.topicId);
      if (topic === null) unknown.add(one.topicId);
      else named.push({ ...one, topic });
    }
    const unknownTopicIds = [...unknown];
    const revoked = without(owned, target);
    const isNews = revoked.length > 0 || named.length > 0 || (!this.#everAssigned && unknown.size === 0);
    if (!isNews) return { reconciliation: null, unknownTopicIds };
    const kept = without(owned, revoked);
    return { reconciliation: { revoked, added: named, kept, life }, unknownTopicIds };
  }

  /** From now on until `complete` no other step begins. */
  begin(): void {
    this.#underWay = true;
  }

  /** Partitions were given up; false when the member was thrown out, or left, meanwhile. */
  release(reconciliation: Reconciliation): boolean {
    if (!this.#isCurrent(reconciliation)) return false;
    this.owned = reconciliation.kept;
    return true;
  }

  /** Partitions were taken, and the application knows; false when the member was thrown out, or left, meanwhile. */
  complete(reconciliation: Reconciliation): boolean {
    if (!this.#isCurrent(reconciliation)) return false;
    this.#hold([...reconciliation.kept, ...reconciliation.added]);
    this.#everAssigned = true;
    this.state = 'acknowledging';
    return true;
  }

  /** The application unsubscribes or closes: it gives its partitions up next. Heartbeats go on meanwhile. */
  prepareLeave(): void {
    if (this.state === 'unsubscribed') return;
    this.state = 'leaving';
  }

  /** The request that tells the coordinator; null when it does not know the member. Nothing is held from now on. */
  leave(): ConsumerGroupHeartbeatRequestInput | null {
    const request = this.#leaveRequest();
    this.#begin('unsubscribed');
    this.#hold([]);
    return request;
  }

  /** The application did not poll for too long; what it held is lost, of which it is told when it polls (CC5). */
  leaveForSlowPoll(): ConsumerGroupHeartbeatRequestInput | null {
    if (!this.beats || this.state === 'leaving') return null;
    const request = this.#leaveRequest();
    this.#begin('stale');
    return request;
  }

  /** Nothing can be done until the application unsubscribes. */
  fail(): void {
    this.#contacted = false;
    this.#begin('fatal');
  }

  #leaveRequest(): ConsumerGroupHeartbeatRequestInput | null {
    const { groupId, groupInstanceId: instanceId } = this.#options;
    const memberEpoch = instanceId === null ? leaveEpoch : leaveStaticEpoch;
    const request = this.#contacted ? { groupId, memberId: this.memberId, memberEpoch, instanceId } : null;
    this.#contacted = false;
    return request;
  }

  #aim(target: readonly TopicIdPartition[]): void {
    this.#target = target;
    const { state } = this;
    if (!this.#isReconciled()) this.state = 'reconciling';
    else if (state === 'reconciling' && !this.#underWay) this.state = 'stable';
  }

  #handleError(errorCode: number, message: string | null): ConsumerHeartbeatOutcome {
    this.#fields.forget();
    switch (errorCode) {
      case ErrorCode.FENCED_MEMBER_EPOCH:
      case ErrorCode.UNKNOWN_MEMBER_ID:
        return this.#beFenced();
      case ErrorCode.GROUP_ID_NOT_FOUND:
        // The session ended unseen, and the group with it, or it went back to classic members: who joins anew may find it (C25).
        if (this.isMember) return this.#beFenced();
        this.fail();
        return { kind: 'fatal', errorCode, message };
      case ErrorCode.COORDINATOR_NOT_AVAILABLE:
      case ErrorCode.NOT_COORDINATOR:
        return { kind: 'retryLater', coordinatorLost: true };
      case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
      case ErrorCode.REQUEST_TIMED_OUT:
        return { kind: 'retryLater', coordinatorLost: false };
      case ErrorCode.TOPIC_AUTHORIZATION_FAILED:
        return { kind: 'refused', errorCode, message };
      default:
        this.fail();
        return { kind: 'fatal', errorCode, message };
    }
  }

  #beFenced(): ConsumerHeartbeatOutcome {
    this.#contacted = false;
    // A member that leaves has nothing to come back for.
    if (this.state === 'leaving') this.memberEpoch = joinEpoch;
    else this.#begin('fenced');
    return { kind: 'fenced' };
  }

  /** Another life: the epoch and the assignment of the one before mean nothing in it. */
  #begin(state: 'joining' | 'fenced' | 'stale' | 'unsubscribed' | 'fatal'): void {
    this.state = state;
    this.life++;
    this.memberEpoch = joinEpoch;
    this.#target = null;
    this.#everAssigned = false;
    this.#underWay = false;
    this.#fields.forget();
  }

  #hold(owned: readonly AssignedPartition[]): void {
    this.owned = owned;
    this.#underWay = false;
    this.#reconciliations++;
  }

  #isReconciled(): boolean {
    const target = this.#target;
    return target === null || (this.#everAssigned && sameAssignment(this.owned, target));
  }

  #isCurrent({ life }: Reconciliation): boolean {
    return life === this.life && this.state === 'reconciling';
  }
}
