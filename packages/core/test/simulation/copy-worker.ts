// An application that copies records from one topic to the next, a poll to a transaction, as the documentation says it should.
import type { Consumer } from '../../src/client/consumer.js';
import { KafkaError, TimeoutError } from '../../src/client/errors.js';
import type { Kafka } from '../../src/client/kafka.js';
import type { Producer } from '../../src/client/producer.js';
import { createKafka, type CreateKafkaOptions } from '../../src/composition/create-kafka.js';
import type { Random } from '../../src/ports/random.js';
import type { ExactlyOnceLedger, Incarnation } from './exactly-once-ledger.js';
import type { MortalPorts } from './mortal-ports.js';

export interface CopyStage {
  readonly groupId: string;
  readonly from: string;
  readonly to: string;
}

export interface CopyWorld {
  readonly random: Random;
  readonly ledger: ExactlyOnceLedger;
  readonly maxPollRecords: number;
  readonly membership: 'range' | 'cooperative-sticky' | 'consumer protocol';
  /** Nobody dawdles any more. */
  isCalm: boolean;
}

export class CopyWorker {
  readonly #kafka: Kafka;
  readonly #consumer: Consumer;
  readonly #producer: Producer;
  readonly #loop: Promise<void>;
  #isEnding = false;
  /** How the loop ended; null while it runs. */
  ended: 'closed' | 'fenced' | 'finished-producer' | null = null;

  constructor(
    readonly name: string,
    readonly transactionalId: string,
    private readonly stage: CopyStage,
    private readonly world: CopyWorld,
    readonly ports: MortalPorts,
    clientOptions: CreateKafkaOptions,
  ) {
    const { random, maxPollRecords, membership } = world;
    this.#kafka = createKafka(clientOptions);
    this.#consumer = this.#kafka.consumer({
      groupId: stage.groupId,
      isolationLevel: 'read_committed',
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
      maxPollRecords,
      maxPollIntervalMs: 10_000 + random.nextInteger(20_000),
      requestTimeoutMs: 3000 + random.nextInteger(3000),
      ...(membership === 'consumer protocol'
        ? { groupProtocol: 'consumer' }
        : { partitionAssignmentStrategy: [membership], ...sessionOf(random) }),
    });
    this.#producer = this.#kafka.producer({
      transactionalId,
      transactionTimeoutMs: 8000 + random.nextInteger(30_000),
      batchSize: [500, 4000, 16_384][random.nextInteger(3)] ?? 500,
      lingerMs: random.nextInteger(2) === 0 ? 0 : random.nextInteger(20),
      requestTimeoutMs: 2000 + random.nextInteger(3000),
      deliveryTimeoutMs: 6000 + random.nextInteger(30_000),
      maxBlockMs: 5000 + random.nextInteger(10_000),
    });
    this.#consumer.subscribe({ topics: [stage.from] });
    this.#loop = this.#run();
  }

  async close(timeoutMs: number): Promise<void> {
    this.#isEnding = true;
    this.#consumer.wakeup();
    await this.#loop;
    await Promise.all([this.#consumer.close({ timeoutMs }), this.#producer.close({ timeoutMs })]);
    await this.#kafka.close();
  }

  async #run(): Promise<void> {
    const { ledger } = this.world;
    try {
      const incarnation = ledger.asks(this.transactionalId, this.name);
      await this.#again(() => this.#producer.initTransactions());
      ledger.initialized(incarnation);
      while (!this.#isEnding) await this.#copyOnce(incarnation);
      this.ended = 'closed';
    } catch (error) {
      if (!(error instanceof KafkaError)) {
        ledger.failed(error);
        throw error;
      }
      this.ended = error.code === 'PRODUCER_FENCED' ? 'fenced' : 'finished-producer';
      ledger.note(`${this.name} ends: ${error.code} ${error.message}`);
      if (!error.fatal && !this.#isEnding) ledger.failed(error);
      if (this.ended === 'fenced') ledger.fenced++;
    }
  }

  async #copyOnce(incarnation: Incarnation): Promise<void> {
    const { random, ledger, isCalm } = this.world;
    const producer = this.#producer;
    try {
      const records = [...(await this.#consumer.poll({ timeoutMs: 200 + random.nextInteger(800) }))];
      if (records.length === 0 || this.#isEnding) return;
      producer.beginTransaction();
      const sent = producer.sendMany(records.map(({ key, value }) => ({ topic: this.stage.to, key, value })));
      sent.catch(() => undefined);
      const next = new Map(
        records.map(({ topic, partition, offset }) => [partition, { topic, partition, offset: offset + 1 }]),
      );
      // Now and then longer than a session, a poll interval or a transaction lasts.
      if (!isCalm) await this.#pause(random.nextInteger(random.nextInteger(40) === 0 ? 40_000 : 400));
      if (!isCalm && random.nextInteger(30) === 0) {
        await this.#abort();
        return;
      }
      await this.#again(() =>
        producer.sendOffsetsToTransaction([...next.values()], this.#consumer.groupMetadata()),
      );
      const committed = ledger.commits(incarnation, wordsOf(records));
      await this.#again(() => producer.commitTransaction());
      committed();
    } catch (error) {
      if (!(error instanceof KafkaError) || error.fatal) throw error;
      if (this.#isEnding && !error.abortable) return;
      ledger.note(`${this.name}: ${error.code} ${error.message}`);
      if (error.abortable) await this.#abort();
      else if (!error.retriable) throw error;
      // A member that its group has put out hears of it with its next heartbeat.
      await this.#pause(100);
    }
  }

  /** The transaction is taken back, and its records are read again. */
  async #abort(): Promise<void> {
    this.world.ledger.aborts++;
    await this.#again(() => this.#producer.abortTransaction());
    const assignment = this.#consumer.assignment();
    const committed = await this.#again(() => this.#consumer.committed(assignment));
    for (const [index, { topic, partition }] of assignment.entries()) {
      const offset = committed[index]?.offset ?? null;
      if (!this.#consumer.assignment().some((one) => one.topic === topic && one.partition === partition))
        continue;
      if (offset === null) this.#consumer.seekToBeginning([{ topic, partition }]);
      else this.#consumer.seek({ topic, partition }, offset);
    }
  }

  /** A call that ran out of time goes on, and is made again to wait for it. */
  async #again<Result>(call: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof TimeoutError) || this.#isEnding) throw error;
        this.world.ledger.note(`${this.name}: ${error.message}`);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.ports.timers.after(ms, resolve));
  }
}

function sessionOf(random: Random): { sessionTimeoutMs: number; heartbeatIntervalMs: number } {
  return {
    sessionTimeoutMs: 6000 + random.nextInteger(4000),
    heartbeatIntervalMs: 1000 + random.nextInteger(1000),
  };
}

/** First and last of each partition. */
function wordsOf(records: readonly { readonly partition: number; readonly offset: number }[]): string {
  const byPartition = new Map<number, number[]>();
  for (const { partition, offset } of records)
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), offset]);
  return [...byPartition]
    .map(([partition, offsets]) => `${partition}:${offsets[0]}-${offsets.at(-1)}`)
    .join(' ');
}
