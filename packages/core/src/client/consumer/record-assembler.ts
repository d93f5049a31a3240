// Decides how the records of a poll are made out of the batches that the fetcher has ready, deserializing on the way.
import type { FetchFailure, Ready } from '../../machines/consumer/fetch-buffer.js';
import type { Fetcher } from '../../machines/consumer/fetcher.js';
import type { PartitionState } from '../../machines/consumer/partition-state.js';
import { CorruptRecordError as CorruptBatch } from '../../protocol/records/corrupt-record-error.js';
import { deserializers } from '../serialization/serializers.js';
import type { Deserializer } from '../serialization/serializer.js';
import type { SerializationError } from '../errors.js';
import { FetchedRecord, type Decoding, type RecordSource } from './consumer-record.js';
import { ConsumerRecords, type PartitionRecords } from './consumer-records.js';
import { deserializationError } from './deserialization-failure.js';

export interface RecordAssemblerOptions<K, V> {
  readonly keyDeserializer: Deserializer<K> | undefined;
  readonly valueDeserializer: Deserializer<V> | undefined;
  readonly deserializationFailures: 'throw' | 'deliver';
  readonly maxPollRecords: number;
}

/** What a poll gets: records, or what stopped the first of them. */
export type Assembled<K, V> =
  | { readonly kind: 'records'; readonly records: ConsumerRecords<K, V, FetchedRecord<K, V>> }
  | { readonly kind: 'fetchFailure'; readonly failure: FetchFailure }
  | { readonly kind: 'deserializationFailure'; readonly error: SerializationError };

interface Refused<K, V> {
  readonly record: FetchedRecord<K, V>;
  readonly part: 'key' | 'value';
  readonly cause: unknown;
}

interface PartitionBuild<K, V> {
  readonly state: PartitionState;
  readonly incarnation: number;
  readonly topic: string;
  readonly partition: number;
  readonly records: FetchedRecord<K, V>[];
}

type ReadyBatch = Extract<Ready, { kind: 'batch' }>;

/** A deserializer that cannot fail waits until somebody reads the member. */
function decodingOf(deserializer: Deserializer<unknown> | undefined): Decoding {
  if (deserializer === undefined || deserializer === deserializers.bytes) return 'bytes';
  return deserializer === deserializers.string ? 'text' : 'deserializer';
}

export class RecordAssembler<K, V> {
  readonly #options: RecordAssemblerOptions<K, V>;
  readonly #fetcher: Fetcher;
  readonly #keyDecoding: Decoding;
  readonly #valueDecoding: Decoding;
  /** Deserializations that have not ended, of the poll under way. */
  #pending: Promise<void>[] = [];
  #refused: Refused<K, V>[] = [];

  constructor(options: RecordAssemblerOptions<K, V>, fetcher: Fetcher) {
    this.#options = options;
    this.#fetcher = fetcher;
    this.#keyDecoding = decodingOf(options.keyDeserializer as Deserializer<unknown> | undefined);
    this.#valueDecoding = decodingOf(options.valueDeserializer as Deserializer<unknown> | undefined);
  }

  /** Takes up to `maxPollRecords`; null when nothing is ready. It is a promise only when a deserializer gave one. */
  collect(): Assembled<K, V> | null | Promise<Assembled<K, V> | null> {
    const builds: PartitionBuild<K, V>[] = [];
    let remaining = this.#options.maxPollRecords;
    this.#fetcher.beginPoll();
    while (remaining > 0 && this.#refused.length === 0) {
      const ready = this.#fetcher.next();
      if (ready === null) break;
      if (ready.kind === 'failure') {
        if (builds.length === 0) return { kind: 'fetchFailure', failure: ready.failure };
        this.#fetcher.putBack(ready.failure);
        break;
      }
      const build = buildFor(builds, ready.state);
      const before = build.records.length;
      const failure = this.#readBatch(ready, build.records, remaining);
      remaining -= build.records.length - before;
      if (failure !== null) {
        if (builds.every(({ records }) => records.length === 0)) return { kind: 'fetchFailure', failure };
        this.#fetcher.putBack(failure);
        break;
      }
    }
    return this.#pending.length === 0 ? this.#finish(builds) : this.#finishLater(builds);
  }

  /** Reads on in a batch and moves the position; returns what is wrong with its bytes, if something is. */
  #readBatch(ready: ReadyBatch, records: FetchedRecord<K, V>[], limit: number): FetchFailure | null {
    const { state, batch } = ready;
    const { cursor } = batch;
    const position = state.position?.offset ?? 0;
    const source: RecordSource = {
      topic: state.topic,
      partition: state.partition,
      leaderEpoch: batch.leaderEpoch < 0 ? null : batch.leaderEpoch,
      timestampType: batch.timestampType,
      buffer: cursor.buffer,
      keyDecoding: this.#keyDecoding,
      valueDecoding: this.#valueDecoding,
    };
    const eager = this.#keyDecoding === 'deserializer' || this.#valueDecoding === 'deserializer';
    let left = limit;
    try {
      while (left > 0 && cursor.next()) {
        // A batch may begin before the position (F3).
        if (cursor.offset < position) continue;
        const record = new FetchedRecord<K, V>(
          source,
          cursor.offset,
          cursor.timestamp,
          cursor.keyStart,
          cursor.keyLength,
          cursor.valueStart,
          cursor.valueLength,
        );
        if (eager) this.#deserialize(record);
        records.push(record);
        left--;
        if (this.#refused.length > 0) break;
      }
    } catch (cause) {
      if (!(cause instanceof CorruptBatch)) throw cause;
      return { kind: 'corrupt', state, offset: cause.baseOffset, reason: cause.reason, cause };
    } finally {
      // Records that were read are the application's, also when the next one is damaged.
      const last = records.at(-1);
      if (last !== undefined && left < limit) state.advance(last.offset + 1, batch.leaderEpoch);
    }
    return null;
  }

  #deserialize(record: FetchedRecord<K, V>): void {
    const { keyDeserializer, valueDeserializer } = this.#options;
    if (this.#keyDecoding === 'deserializer' && keyDeserializer !== undefined) {
      const { keyBytes } = record;
      if (keyBytes !== null) {
        this.#part(record, 'key', keyDeserializer, keyBytes, (key) => record.setKey(key));
      }
    }
    if (this.#valueDecoding === 'deserializer' && valueDeserializer !== undefined) {
      const { valueBytes } = record;
      if (valueBytes !== null) {
        this.#part(record, 'value', valueDeserializer, valueBytes, (value) => record.setValue(value));
      }
    }
  }

  #part<T>(
    record: FetchedRecord<K, V>,
    part: 'key' | 'value',
    deserializer: Deserializer<T>,
    data: Buffer,
    set: (value: T | null) => void,
  ): void {
    const { topic, partition, offset } = record;
    try {
      const value = deserializer.deserialize(data, { topic, partition, offset, part });
      if (value instanceof Promise) {
        const settled = value.then(set, (cause: unknown) => this.#refuse(record, part, data, cause, set));
        this.#pending.push(settled);
      } else {
        set(value === undefined ? null : value);
      }
    } catch (cause) {
      this.#refuse(record, part, data, cause, set);
    }
  }

  #refuse(
    record: FetchedRecord<K, V>,
    part: 'key' | 'value',
    data: Buffer,
    cause: unknown,
    set: (value: null) => void,
  ): void {
    set(null);
    if (this.#options.deserializationFailures === 'throw') {
      this.#refused.push({ record, part, cause });
      return;
    }
    record.deserializationFailure ??= {
      part,
      data,
      error: deserializationError(record, part, cause, 'deliver'),
    };
  }

  async #finishLater(builds: PartitionBuild<K, V>[]): Promise<Assembled<K, V> | null> {
    const pending = this.#pending;
    this.#pending = [];
    await Promise.all(pending);
    return this.#finish(builds);
  }

  #finish(builds: PartitionBuild<K, V>[]): Assembled<K, V> | null {
    const refused = this.#refused;
    if (refused.length > 0) {
      this.#refused = [];
      this.#cutOff(builds, refused);
    }
    const lists: PartitionRecords<FetchedRecord<K, V>>[] = builds.filter(({ records }) => records.length > 0);
    if (lists.length > 0)
      return { kind: 'records', records: new ConsumerRecords<K, V, FetchedRecord<K, V>>(lists) };
    const first = refused[0];
    if (first === undefined) return null;
    return {
      kind: 'deserializationFailure',
      error: deserializationError(first.record, first.part, first.cause, 'throw'),
    };
  }

  /** Takes back refused records and those behind them; the position returns to the first that was refused. */
  #cutOff(builds: readonly PartitionBuild<K, V>[], refused: readonly Refused<K, V>[]): void {
    for (const { state, incarnation, records } of builds) {
      const index = records.findIndex((record) => refused.some((one) => one.record === record));
      const first = records[index];
      if (first === undefined) continue;
      const epoch = first.leaderEpoch ?? -1;
      records.length = index;
      if (state.incarnation !== incarnation || this.#fetcher.reposition(state, first.offset)) continue;
      state.seek(first.offset, epoch);
    }
  }
}

function buildFor<K, V>(builds: PartitionBuild<K, V>[], state: PartitionState): PartitionBuild<K, V> {
  for (const build of builds) if (build.state === state) return build;
  const { incarnation, topic, partition } = state;
  const build = { state, incarnation, topic, partition, records: [] };
  builds.push(build);
  return build;
}
