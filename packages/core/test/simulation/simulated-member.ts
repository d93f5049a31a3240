// A member of the group that polls, processes, commits, pauses and closes, and dies.
import type { Consumer, Subscribe } from '../../src/client/consumer.js';
import type { ConsumerOptions, GroupProtocol } from '../../src/client/consumer/consumer-options.js';
import { ClosedError, KafkaError, WakeupError } from '../../src/client/errors.js';
import { createKafka, type CreateKafkaOptions } from '../../src/composition/create-kafka.js';
import type { Random } from '../../src/ports/random.js';
import type { Timers } from '../../src/ports/timers.js';
import type { MortalPorts } from './mortal-ports.js';
import type { SimulationLedger } from './simulation-ledger.js';

export interface MemberWorld {
  readonly groupId: string;
  readonly topic: string;
  readonly strategy: ConsumerOptions['partitionAssignmentStrategy'];
  /** How the next member joins. */
  readonly nextProtocol: () => GroupProtocol;
  readonly random: Random;
  readonly timers: Timers;
  readonly ledger: SimulationLedger;
  /** Nobody dawdles any more. */
  isCalm: boolean;
}

type Held = { readonly partition: number; readonly offset: number };

export class SimulatedMember {
  readonly #consumer: Consumer<string, string>;
  readonly #subscription: Subscribe;
  readonly #autoCommits: boolean;
  /** Given by the last poll; an automatic commit may hold them as soon as the next poll begins, or the consumer closes. */
  #held: readonly Held[] = [];
  /** Where each partition stands in this assignment. */
  readonly #next = new Map<number, number>();
  readonly #loop: Promise<void>;
  #isEnding = false;

  constructor(
    readonly name: string,
    readonly instanceId: string | null,
    private readonly world: MemberWorld,
    private readonly ports: MortalPorts,
    clientOptions: CreateKafkaOptions,
  ) {
    const { random, groupId, topic, strategy, timers, ledger } = world;
    const chance = (percent: number): boolean => random.nextInteger(100) < percent;
    this.#autoCommits = chance(50);
    const classicOptions = {
      ...(strategy === undefined ? {} : { partitionAssignmentStrategy: strategy }),
      sessionTimeoutMs: 6000 + random.nextInteger(4000),
      heartbeatIntervalMs: 1000 + random.nextInteger(1000),
    };
    const options: ConsumerOptions<string, string> = {
      groupId,
      ...(instanceId === null ? {} : { groupInstanceId: instanceId }),
      ...(world.nextProtocol() === 'classic' ? classicOptions : { groupProtocol: 'consumer' }),
      autoOffsetReset: 'earliest',
      enableAutoCommit: this.#autoCommits,
      autoCommitIntervalMs: 200 + random.nextInteger(3000),
      maxPollIntervalMs: 10_000 + random.nextInteger(20_000),
      maxPollRecords: 1 + random.nextInteger(50),
      requestTimeoutMs: 3000 + random.nextInteger(3000),
      maxPartitionFetchBytes: [1, 2000, 100_000][random.nextInteger(3)] ?? 1,
      prefetchMaxBytes: [1, 5000, 1_000_000][random.nextInteger(3)] ?? 1,
      fetchMaxWaitMs: random.nextInteger(500),
      valueDeserializer: {
        deserialize: (data) =>
          random.nextInteger(10) > 0
            ? data.toString()
            : new Promise((resolve) => timers.after(random.nextInteger(30), () => resolve(data.toString()))),
      },
    };
    this.#consumer = createKafka(clientOptions).consumer(options);
    const forget = (partitions: readonly { partition: number }[]): void => {
      for (const { partition } of partitions) this.#next.delete(partition);
    };
    this.#subscription = {
      topics: [topic],
      listener: {
        onPartitionsAssigned: forget,
        onPartitionsRevoked: async (partitions) => {
          if (!this.#autoCommits && chance(50)) await this.#commit();
          forget(partitions);
        },
        onPartitionsLost: forget,
      },
    };
    this.#consumer.subscribe(this.#subscription);
    ledger.note(`${name} starts: ${JSON.stringify({ ...options, instanceId })}`);
    this.#loop = this.#run();
  }

  wakeup(): void {
    this.#consumer.wakeup();
  }

  /** Stops handing out one partition, or goes back in it, or goes on with all. */
  meddle(): void {
    const { random } = this.world;
    const assignment = this.#consumer.assignment();
    const one = assignment[random.nextInteger(Math.max(1, assignment.length))];
    if (one === undefined) return;
    switch (random.nextInteger(4)) {
      case 0:
        this.#consumer.pause([one]);
        return;
      case 1:
        this.#consumer.seekToBeginning([one]);
        this.#next.delete(one.partition);
        return;
      default:
        this.goOn();
    }
  }

  goOn(): void {
    this.#consumer.resume(this.#consumer.paused());
  }

  /** Nothing ends in order: connections break, nothing is told. */
  die(): void {
    this.ports.kill();
  }

  async close(timeoutMs: number): Promise<void> {
    this.#isEnding = true;
    // Closing commits what the last poll gave: the application is done with it.
    this.#finish();
    await this.#consumer.close({ timeoutMs });
    await this.#loop;
  }

  get assignment(): number[] {
    return this.#consumer.assignment().map(({ partition }) => partition);
  }

  async #run(): Promise<void> {
    const { random } = this.world;
    for (;;) {
      try {
        const records = await this.#consumer.poll({
          timeoutMs: random.nextInteger(this.world.isCalm ? 5000 : 1000),
        });
        this.#finish();
        for (const record of records) {
          const expected = this.#next.get(record.partition);
          if (expected !== undefined && record.offset < expected)
            this.world.ledger.violation(
              `${this.name} got ${record.partition}:${record.offset} after ${expected - 1}`,
            );
          this.#next.set(record.partition, record.offset + 1);
        }
        this.#held = [...records].map(({ partition, offset }) => ({ partition, offset }));
        if (random.nextInteger(4) === 0 && !this.world.isCalm)
          await this.#pause(random.nextInteger(random.nextInteger(50) === 0 ? 40_000 : 300));
        this.#finish();
        if (!this.#autoCommits && random.nextInteger(3) > 0) await this.#commit();
      } catch (error) {
        if (error instanceof ClosedError || this.#isEnding) return;
        if (error instanceof WakeupError) continue;
        if (!(error instanceof KafkaError)) throw error;
        this.world.ledger.note(`${this.name}: ${error.code} ${error.message}`);
        await this.#pause(100);
        // Whoever died with the instance's id still counts as alive: another begins until it does not.
        if (error.code === 'UNRELEASED_INSTANCE_ID' && !this.#isEnding) {
          await this.#consumer.unsubscribe();
          this.#consumer.subscribe(this.#subscription);
        }
      }
    }
  }

  async #commit(): Promise<void> {
    try {
      await this.#consumer.commit(undefined, { timeoutMs: 5000 });
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
    }
  }

  #finish(): void {
    for (const { partition, offset } of this.#held) this.world.ledger.finished(partition, offset);
    this.#held = [];
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.world.timers.after(ms, resolve));
  }
}
