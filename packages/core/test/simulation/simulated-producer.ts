// A producer whose every send is written down, and whatever came of it.
import type { Producer } from '../../src/client/producer.js';
import type { ProducerOptions } from '../../src/client/producer-options.js';
import { KafkaError, SendManyError } from '../../src/client/errors.js';
import type { RecordMetadata } from '../../src/client/types.js';
import { createKafka } from '../../src/composition/create-kafka.js';
import type { CreateKafkaOptions } from '../../src/composition/create-kafka.js';
import type { Random } from '../../src/ports/random.js';
import type { Timers } from '../../src/ports/timers.js';
import type { SentValue, SimulationLedger } from './simulation-ledger.js';

export class SimulatedProducer {
  readonly #producer: Producer<string, string>;
  readonly isIdempotent: boolean;
  #number = 0;
  pending = 0;

  constructor(
    readonly name: string,
    private readonly topic: string,
    private readonly partitions: () => number,
    clientOptions: CreateKafkaOptions,
    private readonly random: Random,
    timers: Timers,
    private readonly ledger: SimulationLedger,
  ) {
    const chance = (percent: number): boolean => random.nextInteger(100) < percent;
    this.isIdempotent = chance(75);
    const compressions = ['none', 'none', 'gzip', 'lz4', 'snappy'] as const;
    const isSlowSerializer = chance(20);
    const options: ProducerOptions<string, string> = {
      enableIdempotence: this.isIdempotent,
      acks: 'all',
      ...(this.isIdempotent ? {} : { maxInFlightRequestsPerConnection: 1 + random.nextInteger(2) }),
      batchSize: [0, 200, 1000, 16_384][random.nextInteger(4)] ?? 0,
      lingerMs: chance(50) ? 0 : random.nextInteger(50),
      bufferMemory: chance(30) ? 30_000 : 1_000_000,
      requestTimeoutMs: 2000 + random.nextInteger(3000),
      deliveryTimeoutMs: 8000 + random.nextInteger(40_000),
      maxBlockMs: 5000 + random.nextInteger(20_000),
      compressionType: compressions[random.nextInteger(compressions.length)] ?? 'none',
      ...(isSlowSerializer
        ? {
            valueSerializer: {
              serialize: (_topic: string, value: string) =>
                random.nextInteger(2) === 0
                  ? value
                  : new Promise<string>((resolve) =>
                      timers.after(random.nextInteger(20), () => resolve(value)),
                    ),
            },
          }
        : {}),
    };
    this.#producer = createKafka(clientOptions).producer(options);
    ledger.note(`${name} starts: ${JSON.stringify(options)}`);
  }

  /** Sends some records, one by one or together. */
  send(count: number): void {
    const records = Array.from({ length: count }, () => this.#record());
    if (this.random.nextInteger(3) > 0) {
      for (const { record, sent } of records) {
        this.pending++;
        this.#producer.send(record).then(
          (metadata) => this.#acknowledged(sent, metadata),
          (error: unknown) => this.#failed(sent, error),
        );
      }
      return;
    }
    this.pending += count;
    this.#producer.sendMany(records.map(({ record }) => record)).then(
      (all) => records.forEach(({ sent }, index) => this.#acknowledged(sent, all[index] as RecordMetadata)),
      (error: unknown) => {
        if (!(error instanceof SendManyError)) throw error;
        records.forEach(({ sent }, index) => {
          const result = error.results[index];
          if (result instanceof Error) this.#failed(sent, result);
          else this.#acknowledged(sent, result as RecordMetadata);
        });
      },
    );
  }

  flush(): Promise<void> {
    return this.#producer.flush();
  }

  close(timeoutMs: number): Promise<void> {
    return this.#producer.close({ timeoutMs });
  }

  #record() {
    const number = this.#number++;
    const value = `${this.name}/${number}`;
    const { random, topic } = this;
    const sent: SentValue = {
      producer: this.name,
      isIdempotent: this.isIdempotent,
      number,
      state: 'pending',
      partition: -1,
      offset: -1,
    };
    this.ledger.sent.set(value, sent);
    const sizes = [10, 10, 10, 300, 3000, 12_000];
    const padding = 'x'.repeat(sizes[random.nextInteger(sizes.length)] ?? 0);
    const how = random.nextInteger(3);
    const record = {
      topic,
      value: `${value} ${padding}`,
      ...(how === 0 ? { partition: random.nextInteger(this.partitions()) } : {}),
      ...(how === 1 ? { key: `key-${random.nextInteger(20)}` } : {}),
    };
    return { record, sent };
  }

  #acknowledged(sent: SentValue, metadata: RecordMetadata): void {
    this.pending--;
    if (sent.state !== 'pending') this.ledger.violation(`${sent.producer}/${sent.number} was settled twice`);
    sent.state = 'acknowledged';
    sent.partition = metadata.partition;
    sent.offset = metadata.offset;
  }

  #failed(sent: SentValue, error: unknown): void {
    this.pending--;
    sent.state = 'failed';
    if (!(error instanceof KafkaError)) throw error;
  }
}
