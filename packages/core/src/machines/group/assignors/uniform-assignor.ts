// Decides balanced assignments that move as few partitions as balance allows (Kafka's uniform assignor).
//
// Balance goes before stickiness: members that read the same topics end up at most one partition apart. Where subscriptions differ,
// partitions go from the most to the least loaded reader of each topic until no such move evens anything out.
import type { Assignment } from '../consumer/assignment.js';
import { readSameTopics, type Assignor, type AssignorInput, type AssignorMember } from './assignor.js';

/** Rounds over all topics; each about halves what is uneven. */
const maxBalancingRounds = 16;

export const uniformAssignor: Assignor = {
  name: 'uniform',

  assign(input: AssignorInput): Map<string, Assignment> {
    const work = new UniformAssignment(input);
    work.keepWhatStays();
    if (readSameTopics(input.members)) work.trimToQuota();
    work.assignFree();
    if (!readSameTopics(input.members)) work.balance();
    return work.result();
  },
};

interface Topic {
  readonly topicId: string;
  /** Indexes of members. */
  readonly readers: number[];
  /** By partition: the index of the member that has it, or -1. */
  readonly owners: number[];
}

class UniformAssignment {
  readonly #members: readonly AssignorMember[];
  readonly #topics = new Map<string, Topic>();
  /** Partitions of each member, by its index. */
  readonly #loads: number[];

  constructor({ members, partitionCount }: AssignorInput) {
    this.#members = members;
    this.#loads = members.map(() => 0);
    members.forEach(({ topicIds }, index) => {
      for (const topicId of topicIds) {
        const known = this.#topics.get(topicId);
        if (known !== undefined) known.readers.push(index);
        else {
          const owners = Array.from({ length: partitionCount(topicId) }, () => -1);
          this.#topics.set(topicId, { topicId, readers: [index], owners });
        }
      }
    });
  }

  /** Members keep what they have of the topics that they still read. */
  keepWhatStays(): void {
    this.#members.forEach(({ topicIds, target }, index) => {
      for (const topicId of topicIds) {
        const topic = this.#topics.get(topicId);
        if (topic === undefined) continue;
        for (const partition of target.get(topicId)?.keys() ?? [])
          if (topic.owners[partition] === -1) this.#give(topic, partition, index);
      }
    });
  }

  /** For equal subscriptions: takes from each member what is beyond its share; who has more already gets the larger shares. */
  trimToQuota(): void {
    let total = 0;
    for (const { owners } of this.#topics.values()) total += owners.length;
    const least = Math.floor(total / this.#members.length);
    let withOneMore = total % this.#members.length;
    const quotas = this.#loads.map((load) => {
      if (load <= least || withOneMore === 0) return least;
      withOneMore--;
      return least + 1;
    });
    for (const topic of this.#topics.values())
      for (let partition = topic.owners.length - 1; partition >= 0; partition--) {
        const owner = topic.owners[partition] ?? -1;
        if (owner >= 0 && this.#load(owner) > (quotas[owner] ?? 0)) this.#take(topic, partition);
      }
  }

  /** Free partitions go to the least loaded readers; topics with few readers to choose from come first. */
  assignFree(): void {
    const perReader = ({ owners, readers }: Topic): number => owners.length / readers.length;
    const topics = [...this.#topics.values()].sort(
      (one, other) => perReader(other) - perReader(one) || one.readers.length - other.readers.length,
    );
    for (const topic of topics) {
      const free = topic.owners.flatMap((owner, partition) => (owner === -1 ? [partition] : []));
      const readers = new LeastLoadedFirst(topic.readers, this.#loads);
      for (const partition of free) {
        const reader = readers.first;
        this.#give(topic, partition, reader);
        readers.firstGotMore();
      }
    }
  }

  balance(): void {
    for (let round = 0; round < maxBalancingRounds; round++) {
      let moves = 0;
      for (const topic of this.#topics.values()) moves += this.#balanceTopic(topic);
      if (moves === 0) return;
    }
  }

  result(): Map<string, Assignment> {
    const assignments = this.#members.map(() => new Map<string, Set<number>>());
    for (const { topicId, owners } of this.#topics.values())
      owners.forEach((owner, partition) => {
        const assignment = assignments[owner];
        const partitions = assignment?.get(topicId);
        if (partitions === undefined) assignment?.set(topicId, new Set([partition]));
        else partitions.add(partition);
      });
    return new Map(
      this.#members.map(({ memberId }, index) => [
        memberId,
        assignments[index] ?? new Map<string, Set<number>>(),
      ]),
    );
  }

  #balanceTopic(topic: Topic): number {
    const owned = new Map<number, number[]>();
    topic.owners.forEach((owner, partition) => {
      const partitions = owned.get(owner);
      if (partitions === undefined) owned.set(owner, [partition]);
      else partitions.push(partition);
    });
    const givers = [...owned.keys()].sort((one, other) => this.#load(other) - this.#load(one));
    const takers = new LeastLoadedFirst(topic.readers, this.#loads);
    let moves = 0;
    for (const giver of givers) {
      const partitions = owned.get(giver) ?? [];
      while (partitions.length > 0 && this.#load(giver) - this.#load(takers.first) > 1) {
        const partition = partitions.pop();
        if (partition === undefined) break;
        this.#take(topic, partition);
        this.#give(topic, partition, takers.first);
        takers.firstGotMore();
        moves++;
      }
    }
    return moves;
  }

  #load(member: number): number {
    return this.#loads[member] ?? 0;
  }

  #give(topic: Topic, partition: number, member: number): void {
    topic.owners[partition] = member;
    this.#loads[member] = this.#load(member) + 1;
  }

  #take(topic: Topic, partition: number): void {
    const owner = topic.owners[partition] ?? -1;
    topic.owners[partition] = -1;
    this.#loads[owner] = this.#load(owner) - 1;
  }
}

/**
 * A heap of members by load; of equal loads the member that joined first comes first. A member that gave something away may lie too
 * deep in it until the next round: what it is not given then still goes to someone less loaded than the giver.
 */
class LeastLoadedFirst {
  readonly #heap: number[];
  readonly #loads: readonly number[];

  constructor(members: readonly number[], loads: readonly number[]) {
    this.#loads = loads;
    // A sorted array is a heap.
    this.#heap = members.toSorted((one, other) => (loads[one] ?? 0) - (loads[other] ?? 0) || one - other);
  }

  get first(): number {
    return this.#heap[0] ?? -1;
  }

  /** The load of the first member has grown: sifts it down. */
  firstGotMore(): void {
    const heap = this.#heap;
    const moving = this.first;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      if (left >= heap.length) break;
      const leftMember = heap[left] ?? -1;
      const rightMember = heap[right] ?? -1;
      const isRightFirst = right < heap.length && this.#isBefore(rightMember, leftMember);
      const child = isRightFirst ? right : left;
      const childMember = isRightFirst ? rightMember : leftMember;
      if (!this.#isBefore(childMember, moving)) break;
      heap[at] = childMember;
      at = child;
    }
    heap[at] = moving;
  }

  #isBefore(one: number, other: number): boolean {
    const difference = (this.#loads[one] ?? 0) - (this.#loads[other] ?? 0);
    return difference < 0 || (difference === 0 && one < other);
  }
}
