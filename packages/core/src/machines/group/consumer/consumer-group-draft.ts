// Decides what a consumer group will be once the records of the outcome at hand are replayed.
import type { GroupOutcome } from '../group-outcome.js';
import { emptyAssignment, type Assignment } from './assignment.js';
import type { ConsumerGroup } from './consumer-group.js';
import type { ResolvedRegex } from './consumer-group-record.js';
import {
  noAssignmentYet,
  type ConsumerMember,
  type CurrentAssignment,
  type MemberMetadata,
} from './consumer-member.js';

/** Every change is a record of the outcome, and is seen here at once. The group itself is left as it is. */
export class ConsumerGroupDraft {
  readonly group: ConsumerGroup;
  readonly outcome: GroupOutcome;
  #epoch: number;
  #metadataHash: number;
  #targetEpoch: number;
  /** What differs from the group; null stands for what is gone. */
  readonly #members = new Map<string, ConsumerMember | null>();
  readonly #targets = new Map<string, Assignment | null>();
  readonly #regexes = new Map<string, ResolvedRegex | null>();
  readonly #owners = new Map<string, Map<number, string | null>>();
  readonly #staticMembers = new Map<string, string | null>();

  constructor(group: ConsumerGroup, outcome: GroupOutcome) {
    this.group = group;
    this.outcome = outcome;
    this.#epoch = group.epoch;
    this.#metadataHash = group.metadataHash;
    this.#targetEpoch = group.targetEpoch;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get metadataHash(): number {
    return this.#metadataHash;
  }

  get targetEpoch(): number {
    return this.#targetEpoch;
  }

  member(memberId: string): ConsumerMember | undefined {
    const changed = this.#members.get(memberId);
    return changed === undefined ? this.group.members.get(memberId) : (changed ?? undefined);
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    const changed = this.#staticMembers.get(instanceId);
    if (changed === undefined) return this.group.staticMember(instanceId);
    return changed === null ? undefined : this.member(changed);
  }

  /** All members, those that stay in their old order. */
  members(): ConsumerMember[] {
    const members: ConsumerMember[] = [];
    for (const [memberId, member] of this.group.members) {
      const changed = this.#members.get(memberId);
      if (changed === undefined) members.push(member);
      else if (changed !== null) members.push(changed);
    }
    for (const [memberId, member] of this.#members)
      if (member !== null && !this.group.members.has(memberId)) members.push(member);
    return members;
  }

  target(memberId: string): Assignment {
    const changed = this.#targets.get(memberId);
    return changed === undefined ? this.group.target(memberId) : (changed ?? emptyAssignment);
  }

  regex(regex: string): ResolvedRegex | undefined {
    const changed = this.#regexes.get(regex);
    return changed === undefined ? this.group.regexes.get(regex) : (changed ?? undefined);
  }

  owner(topicId: string, partition: number): string | undefined {
    const changed = this.#owners.get(topicId)?.get(partition);
    return changed === undefined ? this.group.owner(topicId, partition) : (changed ?? undefined);
  }

  putMetadata(memberId: string, metadata: MemberMetadata): ConsumerMember {
    this.outcome.records.push({
      kind: 'consumer-member',
      groupId: this.group.groupId,
      memberId,
      value: metadata,
    });
    const member = { memberId, metadata, current: this.member(memberId)?.current ?? noAssignmentYet };
    this.#members.set(memberId, member);
    if (metadata.instanceId !== null) this.#staticMembers.set(metadata.instanceId, memberId);
    return member;
  }

  putCurrent(member: ConsumerMember, current: CurrentAssignment): ConsumerMember {
    const { memberId } = member;
    this.outcome.records.push({
      kind: 'member-current',
      groupId: this.group.groupId,
      memberId,
      value: current,
    });
    const moved = { ...member, current };
    this.#release(member);
    for (const assignment of [current.assigned, current.pendingRevocation])
      eachPartition(assignment, (topicId, partition) => this.#setOwner(topicId, partition, memberId));
    this.#members.set(memberId, moved);
    return moved;
  }

  putTarget(memberId: string, target: Assignment): void {
    this.outcome.records.push({
      kind: 'member-target',
      groupId: this.group.groupId,
      memberId,
      value: target,
    });
    this.#targets.set(memberId, target);
  }

  putTargetEpoch(epoch: number, timestampMs: number): void {
    this.outcome.records.push({
      kind: 'target-epoch',
      groupId: this.group.groupId,
      value: { epoch, timestampMs },
    });
    this.#targetEpoch = epoch;
  }

  putEpoch(epoch: number, metadataHash: number): void {
    const { groupId } = this.group;
    if (this.group.hasTopicsRecord)
      this.outcome.records.push({ kind: 'consumer-topics', groupId, value: null });
    this.outcome.records.push({ kind: 'consumer-group', groupId, value: { epoch, metadataHash } });
    this.#epoch = epoch;
    this.#metadataHash = metadataHash;
  }

  putRegex(regex: string, value: ResolvedRegex | null): void {
    this.outcome.records.push({ kind: 'regex', groupId: this.group.groupId, regex, value });
    this.#regexes.set(regex, value);
  }

  /** The order matters: a log that is read half way must make sense. */
  removeMember(member: ConsumerMember): void {
    const { groupId } = this.group;
    const { memberId } = member;
    this.outcome.records.push({ kind: 'member-current', groupId, memberId, value: null });
    this.outcome.records.push({ kind: 'member-target', groupId, memberId, value: null });
    this.outcome.records.push({ kind: 'consumer-member', groupId, memberId, value: null });
    this.#release(member);
    this.#members.set(memberId, null);
    this.#targets.set(memberId, null);
    const { instanceId } = member.metadata;
    if (instanceId !== null && this.staticMember(instanceId)?.memberId === memberId)
      this.#staticMembers.set(instanceId, null);
  }

  #release({ memberId, current }: ConsumerMember): void {
    for (const assignment of [current.assigned, current.pendingRevocation])
      eachPartition(assignment, (topicId, partition) => {
        if (this.owner(topicId, partition) === memberId) this.#setOwner(topicId, partition, null);
      });
  }

  #setOwner(topicId: string, partition: number, memberId: string | null): void {
    let owners = this.#owners.get(topicId);
    if (owners === undefined) this.#owners.set(topicId, (owners = new Map()));
    owners.set(partition, memberId);
  }
}

function eachPartition(assignment: Assignment, callback: (topicId: string, partition: number) => void): void {
  for (const [topicId, partitions] of assignment)
    for (const partition of partitions.keys()) callback(topicId, partition);
}
