// Decides the committed offsets of all groups of a shard, and those that wait for the end of a transaction (C15).
import type { OffsetValue } from './group-record.js';
import { OffsetTable, type CommittedOffset, type TopicOffsets } from './offset-table.js';

const noProducer = -1;

/** Hard state: only the `replay…` methods change it. */
export class CommittedOffsets {
  readonly #committed = new OffsetTable();
  /** By producer id; bounded by the transactions that are open on the partition. */
  readonly #pending = new Map<number, OffsetTable>();

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#committed.get(groupId, topic, partition);
  }

  ofGroup(groupId: string): TopicOffsets | undefined {
    return this.#committed.group(groupId);
  }

  groupIds(): string[] {
    return Array.from(this.#committed.groups(), ([groupId]) => groupId);
  }

  /** A transaction that is still open has committed an offset for the partition. */
  isPending(groupId: string, topic: string, partition: number): boolean {
    for (const table of this.#pending.values())
      if (table.get(groupId, topic, partition) !== undefined) return true;
    return false;
  }

  hasPending(groupId: string): boolean {
    for (const table of this.#pending.values()) if (table.has(groupId)) return true;
    return false;
  }

  /** Whether an offset is there, committed or pending. */
  has(groupId: string, topic: string, partition: number): boolean {
    return this.get(groupId, topic, partition) !== undefined || this.isPending(groupId, topic, partition);
  }

  /** Calls back for each partition of the group that has an offset, committed or pending, once. */
  forEachOfGroup(groupId: string, callback: (topic: string, partition: number) => void): void {
    const seen = new Map<string, Set<number>>();
    for (const table of [this.#committed, ...this.#pending.values()])
      for (const [topic, partitions] of table.group(groupId) ?? []) {
        let numbers = seen.get(topic);
        if (numbers === undefined) seen.set(topic, (numbers = new Set()));
        for (const partition of partitions.keys()) numbers.add(partition);
      }
    for (const [topic, partitions] of seen) for (const partition of partitions) callback(topic, partition);
  }

  /** Calls back for each group and partition of the topic that has an offset, committed or pending, once. */
  forEachOfTopic(topic: string, callback: (groupId: string, partition: number) => void): void {
    const seen = new Map<string, Set<number>>();
    for (const table of [this.#committed, ...this.#pending.values()]) {
      for (const [groupId, topics] of table.groups()) {
        let partitions = seen.get(groupId);
        if (partitions === undefined) seen.set(groupId, (partitions = new Set()));
        for (const partition of topics.get(topic)?.keys() ?? []) partitions.add(partition);
      }
    }
    for (const [groupId, partitions] of seen)
      for (const partition of partitions) callback(groupId, partition);
  }

  replay(
    key: { readonly groupId: string; readonly topic: string; readonly partition: number },
    value: OffsetValue | null,
    recordOffset: number,
    producerId: number,
  ): void {
    const { groupId, topic, partition } = key;
    if (value === null) {
      this.#committed.delete(groupId, topic, partition);
      for (const table of this.#pending.values()) table.delete(groupId, topic, partition);
    } else if (producerId === noProducer) {
      this.#committed.set(groupId, topic, partition, { value, recordOffset });
    } else {
      let table = this.#pending.get(producerId);
      if (table === undefined) this.#pending.set(producerId, (table = new OffsetTable()));
      table.set(groupId, topic, partition, { value, recordOffset });
    }
  }

  /** Applies or drops what the producer's transaction committed; a plain commit written after it stands. */
  replayEndTransaction(producerId: number, result: 'commit' | 'abort'): void {
    const table = this.#pending.get(producerId);
    this.#pending.delete(producerId);
    if (table === undefined || result === 'abort') return;
    for (const [groupId, topics] of table.groups())
      for (const [topic, partitions] of topics)
        for (const [partition, offset] of partitions) {
          const standing = this.#committed.get(groupId, topic, partition);
          if (standing === undefined || standing.recordOffset < offset.recordOffset)
            this.#committed.set(groupId, topic, partition, offset);
        }
  }
}
