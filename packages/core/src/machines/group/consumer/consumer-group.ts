// Decides the state of one consumer group (KIP-848): all of it is hard, but for the sessions of its members.
import type { Session } from '../session.js';
import { emptyAssignment, type Assignment } from './assignment.js';
import type { ConsumerGroupRecord, ResolvedRegex } from './consumer-group-record.js';
import {
  noAssignmentYet,
  regexOf,
  unknownMetadata,
  type ConsumerMember,
  type MemberMetadata,
} from './consumer-member.js';
import { isReconciledTo } from './reconciliation.js';
import { RegexRefresh } from './regex-refresh.js';
import { subscribedTopicsOf } from './subscribed-topics.js';

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable';

/** What a tombstone of its target epoch leaves. */
const noEpoch = -1;
/** No view of the broker's topics has been looked at yet. */
const noTopicsSeen = -1;

export class ConsumerGroup {
  readonly kind = 'consumer';
  readonly groupId: string;

  // Hard state, written by `replay` alone.
  epoch = 0;
  /** Stands for the subscribed topics as they were when the epoch was reached (KIP-1101). */
  metadataHash = 0;
  targetEpoch = 0;
  /** Bounded by `groupConsumerMaxSize`, as are the next two. */
  readonly members = new Map<string, ConsumerMember>();
  readonly targets = new Map<string, Assignment>();
  /** Member ids of static members, by instance id (C23). */
  readonly staticMembers = new Map<string, string>();
  /** One per expression that a member subscribes to. */
  readonly regexes = new Map<string, ResolvedRegex>();
  /** How many members subscribe to each expression. */
  readonly regexSubscribers = new Map<string, number>();
  /** A record of type 4 is in the log, from a Kafka before 4.1. */
  hasTopicsRecord = false;
  /** Who has a partition, or has not given it up yet. */
  readonly #owners = new Map<string, Map<number, string>>();

  // Soft state.
  readonly sessions = new Map<string, Session>();
  /** The version of the broker's topics that the metadata hash was last compared with. */
  topicsVersionSeen = noTopicsSeen;
  readonly regexRefresh = new RegexRefresh();
  /** Members of the classic protocol that were told to rejoin, and have not yet. */
  readonly awaitedJoins = new Set<string>();
  /** Members of the classic protocol that have joined, and not synced yet. */
  readonly awaitedSyncs = new Set<string>();

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  replay(record: ConsumerGroupRecord): void {
    switch (record.kind) {
      case 'consumer-group':
        if (record.value === null) return;
        this.epoch = record.value.epoch;
        this.metadataHash = record.value.metadataHash;
        return;
      case 'consumer-topics':
        this.hasTopicsRecord = record.value !== null;
        return;
      case 'consumer-member':
        if (record.value === null) this.#remove(record.memberId);
        else this.#put({ ...this.#known(record.memberId), metadata: record.value });
        return;
      case 'target-epoch':
        this.targetEpoch = record.value?.epoch ?? noEpoch;
        return;
      case 'member-target':
        if (record.value === null) this.targets.delete(record.memberId);
        else this.targets.set(record.memberId, record.value);
        return;
      case 'member-current':
        if (record.value === null && !this.members.has(record.memberId)) return;
        this.#put({ ...this.#known(record.memberId), current: record.value ?? noAssignmentYet });
        return;
      case 'regex':
        if (record.value === null) this.regexes.delete(record.regex);
        else this.regexes.set(record.regex, record.value);
    }
  }

  /** C27. */
  get state(): ConsumerGroupState {
    if (this.members.size === 0) return 'Empty';
    if (this.epoch > this.targetEpoch) return 'Assigning';
    for (const { current } of this.members.values())
      if (!isReconciledTo(current, this.targetEpoch)) return 'Reconciling';
    return 'Stable';
  }

  target(memberId: string): Assignment {
    return this.targets.get(memberId) ?? emptyAssignment;
  }

  owner(topicId: string, partition: number): string | undefined {
    return this.#owners.get(topicId)?.get(partition);
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    const memberId = this.staticMembers.get(instanceId);
    return memberId === undefined ? undefined : this.members.get(memberId);
  }

  /** The topics that members read, by name or by what their expressions were found to match. */
  subscribedTopics(): ReadonlySet<string> {
    return subscribedTopicsOf(this.members.values(), (regex) => this.regexes.get(regex));
  }

  #known(memberId: string): ConsumerMember {
    return this.members.get(memberId) ?? { memberId, metadata: unknownMetadata, current: noAssignmentYet };
  }

  #put(member: ConsumerMember): void {
    const { memberId, metadata, current } = member;
    const before = this.members.get(memberId);
    this.members.set(memberId, member);
    if (metadata.instanceId !== null) this.staticMembers.set(metadata.instanceId, memberId);
    if (before?.metadata !== metadata) {
      if (before !== undefined) this.#countRegex(before.metadata, -1);
      this.#countRegex(metadata, 1);
    }
    if (before?.current === current) return;
    if (before !== undefined) this.#release(before);
    this.#own(memberId, current.assigned);
    this.#own(memberId, current.pendingRevocation);
  }

  #remove(memberId: string): void {
    const member = this.members.get(memberId);
    if (member === undefined) return;
    this.#release(member);
    this.#countRegex(member.metadata, -1);
    this.members.delete(memberId);
    this.sessions.delete(memberId);
    this.awaitedJoins.delete(memberId);
    this.awaitedSyncs.delete(memberId);
    const { instanceId } = member.metadata;
    if (instanceId !== null && this.staticMembers.get(instanceId) === memberId)
      this.staticMembers.delete(instanceId);
  }

  #countRegex(metadata: MemberMetadata, change: 1 | -1): void {
    const regex = regexOf(metadata);
    if (regex === null) return;
    const count = (this.regexSubscribers.get(regex) ?? 0) + change;
    if (count === 0) this.regexSubscribers.delete(regex);
    else this.regexSubscribers.set(regex, count);
  }

  #own(memberId: string, assignment: Assignment): void {
    for (const [topicId, partitions] of assignment) {
      let owners = this.#owners.get(topicId);
      if (owners === undefined) this.#owners.set(topicId, (owners = new Map()));
      for (const partition of partitions.keys()) owners.set(partition, memberId);
    }
  }

  /** While a log is replayed, a partition may seem to have gone to its next owner already: that owner keeps it. */
  #release({ memberId, current }: ConsumerMember): void {
    for (const assignment of [current.assigned, current.pendingRevocation])
      for (const [topicId, partitions] of assignment) {
        const owners = this.#owners.get(topicId);
        if (owners === undefined) continue;
        for (const partition of partitions.keys())
          if (owners.get(partition) === memberId) owners.delete(partition);
        if (owners.size === 0) this.#owners.delete(topicId);
      }
  }
}
