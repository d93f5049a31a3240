// Decides the state of one classic group: its persisted generation, and the live membership that grows out of it.
import { assert } from '../../foundation/assert.js';
import { ErrorCode } from '../../protocol/errors.js';
import { ClassicMember, emptyBytes } from './classic-member.js';
import type { MemberProtocol } from './member-protocol.js';
import type { GroupRecord, GroupValue } from './group-record.js';
import type { Session } from './session.js';
import { subscribedTopicsOf } from './subscription.js';

export type ClassicGroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable';

const precedingStates: Readonly<Record<ClassicGroupState, readonly ClassicGroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
};

export const consumerProtocolType = 'consumer';

export class ClassicGroup {
  readonly kind = 'classic';
  readonly groupId: string;

  /** Hard state, written by `replay` alone: the last persisted generation. Null for a group known only by its offsets. */
  persisted: GroupValue | null = null;

  // Soft state: the live group. It starts from the persisted generation and returns to it at restart.
  state: ClassicGroupState = 'Empty';
  previousState: ClassicGroupState | null = null;
  stateTimestampMs: number;
  generation = 0;
  protocolType: string | null = null;
  protocolName: string | null = null;
  leader: string | null = null;
  /** Bounded by `groupMaxSize`. */
  readonly members = new Map<string, ClassicMember>();
  /** Member ids of static members, by instance id (C11). */
  readonly staticMembers = new Map<string, string>();
  /** Ids handed out with MEMBER_ID_REQUIRED and not yet used (C5); bounded by `groupMaxPendingMembers`. */
  readonly pendingMembers = new Set<string>();
  /** Members of the current generation that have not sent a sync yet (C8). */
  readonly pendingSyncs = new Set<string>();
  /** One per member and pending member. */
  readonly sessions = new Map<string, Session>();
  /** A member joined since the initial delay was set (C6). */
  memberJoinedDuringDelay = false;
  readonly #supporters = new Map<string, number>();

  constructor(groupId: string, wallMs: number) {
    this.groupId = groupId;
    this.stateTimestampMs = wallMs;
  }

  /** Takes up a record of this group while the coordinator serves; the live group already agrees with it. */
  replay(value: GroupValue): void {
    this.persisted = value;
    if (this.state === 'PreparingRebalance' || value.generation !== this.generation) return;
    for (const persisted of value.members) {
      const member = this.members.get(persisted.memberId);
      if (member !== undefined) member.assignment = persisted.assignment;
    }
    if (this.state === 'CompletingRebalance') this.transitionTo('Stable', value.currentStateTimestampMs);
  }

  /** Builds the live group from the persisted generation, after loading. */
  restore(): void {
    const value = this.persisted;
    if (value === null) return;
    this.generation = value.generation;
    this.protocolType = value.protocolType === '' ? null : value.protocolType;
    this.protocolName = value.protocol;
    this.leader = value.leader;
    this.state = value.members.length === 0 ? 'Empty' : 'Stable';
    this.stateTimestampMs = value.currentStateTimestampMs;
    for (const persisted of value.members)
      this.add(ClassicMember.fromRecord(persisted, value.protocol ?? ''), value.protocolType);
  }

  /** The record of the live generation, with the assignments given. */
  record(assignments: ReadonlyMap<string, Buffer>): GroupRecord {
    const members = Array.from(this.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
      subscription: member.metadata(this.protocolName),
      assignment: assignments.get(member.memberId) ?? emptyBytes,
    }));
    return {
      kind: 'group',
      groupId: this.groupId,
      value: {
        protocolType: this.protocolType ?? '',
        generation: this.generation,
        protocol: this.protocolName,
        leader: this.leader,
        currentStateTimestampMs: this.stateTimestampMs,
        members,
      },
    };
  }

  /** The record of a group that exists but has completed no generation. */
  emptyRecord(): GroupRecord {
    return {
      kind: 'group',
      groupId: this.groupId,
      value: {
        protocolType: '',
        generation: 0,
        protocol: null,
        leader: null,
        currentStateTimestampMs: this.stateTimestampMs,
        members: [],
      },
    };
  }

  transitionTo(state: ClassicGroupState, wallMs: number): void {
    assert(
      precedingStates[state].includes(this.state),
      `group ${this.groupId} cannot go from ${this.state} to ${state}`,
    );
    this.previousState = this.state;
    this.state = state;
    this.stateTimestampMs = wallMs;
  }

  add(member: ClassicMember, protocolType: string): void {
    assert(!this.members.has(member.memberId), `member ${member.memberId} is added twice`);
    if (member.groupInstanceId !== null) {
      assert(
        !this.staticMembers.has(member.groupInstanceId),
        `instance ${member.groupInstanceId} is added twice`,
      );
      this.staticMembers.set(member.groupInstanceId, member.memberId);
    }
    if (this.members.size === 0) this.protocolType = protocolType === '' ? null : protocolType;
    this.leader ??= member.memberId;
    this.members.set(member.memberId, member);
    this.pendingMembers.delete(member.memberId);
    this.#countSupport(member.protocols, 1);
  }

  /** Forgets a member or a pending id; a leader's place goes to the oldest member left. */
  remove(memberId: string): void {
    this.pendingMembers.delete(memberId);
    this.pendingSyncs.delete(memberId);
    const member = this.members.get(memberId);
    if (member === undefined) return;
    this.members.delete(memberId);
    this.#countSupport(member.protocols, -1);
    if (member.groupInstanceId !== null) this.staticMembers.delete(member.groupInstanceId);
    if (this.leader === memberId) this.leader = this.members.keys().next().value ?? null;
  }

  /** Puts `next` in the place of a static member with another id (C11). */
  replaceStaticMember(previous: ClassicMember, next: ClassicMember): void {
    assert(previous.groupInstanceId !== null, 'only a static member is replaced');
    this.members.delete(previous.memberId);
    this.#countSupport(previous.protocols, -1);
    this.pendingSyncs.delete(previous.memberId);
    this.members.set(next.memberId, next);
    this.#countSupport(next.protocols, 1);
    this.staticMembers.set(previous.groupInstanceId, next.memberId);
    if (this.leader === previous.memberId) this.leader = next.memberId;
  }

  updateProtocols(member: ClassicMember, protocols: readonly MemberProtocol[]): void {
    this.#countSupport(member.protocols, -1);
    member.protocols = protocols;
    this.#countSupport(protocols, 1);
  }

  /** NONE, or why this member may not act for the group. */
  validateMember(memberId: string, groupInstanceId: string | null): number {
    if (groupInstanceId !== null) {
      const owner = this.staticMembers.get(groupInstanceId);
      if (owner === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
      if (owner !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
    }
    return this.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
  }

  /** Whether a member with these protocols could be part of the group (C4). */
  supports(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0;
    return (
      this.protocolType === protocolType &&
      protocols.some((protocol) => (this.#supporters.get(protocol.name) ?? 0) === this.members.size)
    );
  }

  /** The protocol with the most votes among those that every member supports (C7). */
  selectProtocol(): string | null {
    const candidates = new Set<string>();
    for (const [name, supporters] of this.#supporters)
      if (supporters === this.members.size) candidates.add(name);
    const votes = new Map<string, number>();
    let elected: string | null = null;
    for (const member of this.members.values()) {
      const vote = member.vote(candidates);
      if (vote !== null) votes.set(vote, (votes.get(vote) ?? 0) + 1);
    }
    for (const [name, count] of votes)
      if (elected === null || count > (votes.get(elected) ?? 0)) elected = name;
    return elected;
  }

  /** Keeps the leader when it rejoined, else takes the first member that did (C7). False when nobody rejoined. */
  electJoinedLeader(): boolean {
    const leader = this.leader === null ? undefined : this.members.get(this.leader);
    if (leader !== undefined && leader.awaitingJoin !== null) return true;
    for (const member of this.members.values()) {
      if (member.awaitingJoin === null) continue;
      this.leader = member.memberId;
      return true;
    }
    return false;
  }

  get awaitingJoinCount(): number {
    let count = 0;
    for (const member of this.members.values()) if (member.awaitingJoin !== null) count++;
    return count;
  }

  get hasEveryMemberJoined(): boolean {
    if (this.pendingMembers.size > 0) return false;
    for (const member of this.members.values()) if (member.awaitingJoin === null) return false;
    return true;
  }

  /** The largest of the members' rebalance timeouts. */
  get rebalanceTimeoutMs(): number {
    let largest = 0;
    for (const member of this.members.values()) largest = Math.max(largest, member.rebalanceTimeoutMs);
    return largest;
  }

  /** A group without members, past or coming, that exists because someone committed offsets. */
  get isSimple(): boolean {
    return this.protocolType === null && this.state === 'Empty' && this.pendingMembers.size === 0;
  }

  get usesConsumerProtocol(): boolean {
    return this.protocolType === consumerProtocolType;
  }

  /** Whether a member reads the topic; when a subscription cannot be read, all topics count as read. */
  isSubscribedTo(topic: string): boolean {
    return this.subscribedTopics()?.has(topic) ?? this.usesConsumerProtocol;
  }

  /** The topics the members read, or null when they cannot be known. */
  subscribedTopics(): ReadonlySet<string> | null {
    if (!this.usesConsumerProtocol) return null;
    if (this.members.size > 0 && this.protocolName === null) return null;
    const topics = new Set<string>();
    for (const member of this.members.values()) {
      const subscribed = subscribedTopicsOf(member.metadata(this.protocolName));
      if (subscribed === null) return null;
      for (const topic of subscribed) topics.add(topic);
    }
    return topics;
  }

  #countSupport(protocols: readonly MemberProtocol[], change: 1 | -1): void {
    for (const { name } of protocols) {
      const supporters = (this.#supporters.get(name) ?? 0) + change;
      if (supporters === 0) this.#supporters.delete(name);
      else this.#supporters.set(name, supporters);
    }
  }
}
