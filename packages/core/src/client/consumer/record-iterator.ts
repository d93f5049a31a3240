// Decides how records are iterated over one by one, and what happens to those polled but not yet reached when the loop ends early.
import { ClosedError } from '../errors.js';
import type { TopicPartition } from '../types.js';
import type { HeldPartition, HeldRecords, RecordHolder } from './held-records.js';
import type { FetchedRecord } from './consumer-record.js';
import type { PolledRecords } from './poll-loop.js';

export interface RecordIteratorSource<K, V> {
  poll(): Promise<PolledRecords<K, V>>;
  /** Gives a record back: the position returns to it, if the partition is still ours and has not been moved by others. */
  giveBack(held: HeldPartition): void;
  readonly holders: HeldRecords;
}

export class RecordIterator<K, V> implements AsyncIterableIterator<FetchedRecord<K, V>>, RecordHolder {
  readonly #source: RecordIteratorSource<K, V>;
  #lists: readonly (TopicPartition & { readonly records: readonly FetchedRecord<K, V>[] })[] = [];
  #list = 0;
  #next = 0;
  #done = false;

  constructor(source: RecordIteratorSource<K, V>) {
    this.#source = source;
  }

  async next(): Promise<IteratorResult<FetchedRecord<K, V>, undefined>> {
    for (;;) {
      const record = this.#take();
      if (record !== null) return { done: false, value: record };
      this.#source.holders.delete(this);
      if (this.#done) return { done: true, value: undefined };
      try {
        this.#lists = (await this.#source.poll()).byPartition();
      } catch (error) {
        if (!(error instanceof ClosedError)) throw error;
        this.#done = true;
      }
      this.#list = 0;
      this.#next = 0;
      if (this.#done) this.#lists = [];
      else this.#source.holders.add(this);
    }
  }

  /** A `break` leaves records behind that were polled: the next poll starts with them again. */
  return(): Promise<IteratorResult<FetchedRecord<K, V>, undefined>> {
    this.end();
    this.#source.holders.delete(this);
    return Promise.resolve({ done: true, value: undefined });
  }

  end(): void {
    for (const held of this.held()) this.#source.giveBack(held);
    this.#lists = [];
    this.#done = true;
  }

  held(): HeldPartition[] {
    const held: HeldPartition[] = [];
    for (let index = this.#list; index < this.#lists.length; index++) {
      const { topic, partition, records } = this.#lists[index] ?? {};
      const first = records?.[index === this.#list ? this.#next : 0];
      const last = records?.at(-1);
      if (topic === undefined || partition === undefined || first === undefined || last === undefined)
        continue;
      held.push({ topic, partition, nextOffset: first.offset, polledUpTo: last.offset + 1 });
    }
    return held;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): FetchedRecord<K, V> | null {
    for (; this.#list < this.#lists.length; this.#list++, this.#next = 0) {
      const record = this.#lists[this.#list]?.records[this.#next];
      if (record === undefined) continue;
      this.#next++;
      return record;
    }
    return null;
  }
}
