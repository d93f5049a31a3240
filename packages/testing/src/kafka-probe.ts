// Decides how a test watches a topic: records one by one, so many at once, or none within a time.
import {
  deserializers,
  type Consumer,
  type ConsumerRecord,
  type Deserializer,
  type IsolationLevel,
  type Kafka,
} from '@ottla/core';

/** How a topic is watched. */
export interface ProbeOptions<K, V> {
  /** Where to begin. Default `beginning`; `end` sees only what is sent after `ready()` has resolved. */
  readonly from?: 'beginning' | 'end';
  /** Whether records of open and aborted transactions are seen. Default `read_committed`: they are not. */
  readonly isolationLevel?: IsolationLevel;
  /** Default: text. */
  readonly keyDeserializer?: Deserializer<K>;
  /** Default: JSON. */
  readonly valueDeserializer?: Deserializer<V>;
  /** How long `next` and `take` wait. Default 5,000. */
  readonly timeoutMs?: number;
}

/** What a probe expected and did not see, or the other way round. */
export class ProbeError extends Error {
  /** `ProbeError`. */
  override readonly name = 'ProbeError';
}

/** Watches a topic for a test. */
export class KafkaProbe<K = string, V = unknown> {
  readonly #timeoutMs: number;
  readonly #consumer: Consumer<K, V>;
  readonly #from: 'beginning' | 'end';
  /** Received and not yet taken. */
  #waiting: ConsumerRecord<K, V>[] = [];
  #taken = 0;
  #ready: Promise<void> | undefined;

  constructor(
    kafka: Kafka,
    /** The topic that is watched. */
    readonly topic: string,
    options: ProbeOptions<K, V>,
  ) {
    this.#timeoutMs = options.timeoutMs ?? 5_000;
    this.#from = options.from ?? 'beginning';
    this.#consumer = kafka.consumer<K, V>({
      autoOffsetReset: 'earliest',
      fetchMaxWaitMs: 100,
      isolationLevel: options.isolationLevel ?? 'read_committed',
      keyDeserializer:
        options.keyDeserializer ?? (deserializers.string as Deserializer<unknown> as Deserializer<K>),
      valueDeserializer: options.valueDeserializer ?? (deserializers.json as Deserializer<V>),
    });
  }

  /** Resolves when the probe stands at its place; what is sent afterwards is seen for certain. */
  ready(): Promise<void> {
    this.#ready ??= this.#start();
    return this.#ready;
  }

  /** The next record that was not taken yet. */
  async next(options: { timeoutMs?: number } = {}): Promise<ConsumerRecord<K, V>> {
    const [record] = await this.take(1, options);
    return record as ConsumerRecord<K, V>;
  }

  /** The next `count` records; in order within a partition. */
  async take(count: number, options: { timeoutMs?: number } = {}): Promise<ConsumerRecord<K, V>[]> {
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs;
    await this.#fill(count, timeoutMs);
    if (this.#waiting.length < count) {
      throw new ProbeError(
        `expected ${count} records on ${this.topic} within ${timeoutMs} ms, got ${this.#waiting.length}${this.#seen()}`,
      );
    }
    const records = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#taken += count;
    return records;
  }

  /** Fails when a record that was not taken is there, or comes within the time. */
  async expectNone(withinMs: number): Promise<void> {
    await this.#fill(1, withinMs);
    if (this.#waiting.length > 0) {
      throw new ProbeError(
        `expected no record on ${this.topic} within ${withinMs} ms, got ${this.#waiting.length}${this.#seen()}`,
      );
    }
  }

  /** Stops watching. */
  async close(): Promise<void> {
    await this.#consumer.close();
  }

  async #start(): Promise<void> {
    const partitions = await this.#consumer.partitionsFor(this.topic);
    const assignment = partitions.map(({ partition }) => ({ topic: this.topic, partition }));
    this.#consumer.assign(assignment);
    if (this.#from === 'end') {
      this.#consumer.seekToEnd(assignment);
      await Promise.all(assignment.map((partition) => this.#consumer.position(partition)));
    }
  }

  /** Polls until so many records wait or the time is over. */
  async #fill(count: number, timeoutMs: number): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    await this.ready();
    let remainingMs = timeoutMs;
    while (this.#waiting.length < count && remainingMs > 0) {
      this.#waiting.push(...(await this.#consumer.poll({ timeoutMs: remainingMs })));
      remainingMs = Math.ceil(endMs - performance.now());
    }
  }

  /** The records at hand, for a message; a few of them, and not all of a long value. */
  #seen(): string {
    const before = this.#taken === 0 ? '' : ` after ${this.#taken} taken before`;
    const shown = this.#waiting.slice(0, 5).map(({ partition, offset, key, value }) => {
      const text = JSON.stringify(value) ?? 'undefined';
      return `${partition}@${offset} ${JSON.stringify(key)}=${text.length > 80 ? `${text.slice(0, 80)}…` : text}`;
    });
    return `${before}${shown.length === 0 ? '' : `: ${shown.join(', ')}${this.#waiting.length > 5 ? ', …' : ''}`}`;
  }
}
