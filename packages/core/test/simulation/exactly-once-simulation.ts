// Decides one seeded life of a copy pipeline in transactions: which workers run, die, freeze and come back, and what goes wrong around them.
import type { Consumer } from '../../src/client/consumer.js';
import type { Kafka } from '../../src/client/kafka.js';
import { createKafka, type CreateKafkaOptions } from '../../src/composition/create-kafka.js';
import { createSeededRandom } from '../../src/io/memory/seeded-random.js';
import { createVirtualTime } from '../../src/io/memory/virtual-time.js';
import { CopyWorker, type CopyStage, type CopyWorld } from './copy-worker.js';
import { ExactlyOnceLedger, type CopiedRecord } from './exactly-once-ledger.js';
import { inputShapes, inputTopic, simulationInput, type SimulationInput } from './exactly-once-input.js';
import { MortalPorts } from './mortal-ports.js';
import { SimulatedBroker } from './simulated-broker.js';
import { calm, UnsteadyNetwork } from './unsteady-network.js';
import { watchedTimers } from './watched-timers.js';

export interface ExactlyOnceOptions {
  readonly seed: number;
  readonly records: number;
  readonly steps: number;
}

interface Slot {
  readonly stage: CopyStage;
  readonly transactionalId: string;
  worker: CopyWorker | null;
}

const stages: readonly CopyStage[] = [
  { groupId: 'first-copy', from: inputTopic, to: 'middle' },
  { groupId: 'second-copy', from: 'middle', to: 'output' },
];
const memberships = ['range', 'cooperative-sticky', 'consumer protocol'] as const;
const workersPerStage = 2;
/** In calm, whatever hangs has timed out and all is copied long before. */
const settlingMs = 300_000;
/** The longest transaction timeout of a worker, and the time between two looks for such transactions (T9). */
const longestTransactionMs = 38_000 + 10_000;

export class ExactlyOnceSimulation {
  readonly ledger = new ExactlyOnceLedger(() => this.#time.clock.monotonicMs());
  readonly #time;
  readonly #timers;
  readonly #random;
  readonly #broker: SimulatedBroker;
  readonly #networks: UnsteadyNetwork[] = [];
  readonly #slots: Slot[];
  /** Workers whose place another has taken, and who do not know it yet. */
  readonly #zombies: CopyWorker[] = [];
  readonly #world: CopyWorld;
  /** A client that no weather touches. */
  readonly #judge: Kafka;
  readonly #partitions: number;
  #number = 0;
  #weather = calm;

  static async of(options: ExactlyOnceOptions): Promise<ExactlyOnceSimulation> {
    const input = await simulationInput(options.seed % inputShapes, options.records);
    return new ExactlyOnceSimulation(options, input);
  }

  private constructor(
    private readonly options: ExactlyOnceOptions,
    private readonly input: SimulationInput,
  ) {
    const { seed, records } = options;
    this.#time = createVirtualTime(input.stoppedMs);
    this.#timers = watchedTimers(this.#time);
    this.#random = createSeededRandom(seed);
    this.#broker = new SimulatedBroker(this.#time, this.#timers, seed);
    this.#partitions = input.partitions;
    this.#world = {
      random: this.#random,
      ledger: this.ledger,
      maxPollRecords: Math.ceil(records / (10 + this.#random.nextInteger(30))),
      membership: memberships[this.#random.nextInteger(memberships.length)] ?? 'range',
      isCalm: false,
    };
    this.#slots = stages.flatMap((stage) =>
      Array.from({ length: workersPerStage }, (_, index) => ({
        stage,
        transactionalId: `${stage.groupId}-${index}`,
        worker: null,
      })),
    );
    this.#judge = createKafka({
      bootstrapServers: this.#broker.bootstrapServers,
      clientId: 'judge',
      network: this.#broker.network,
      clock: this.#time.clock,
      timers: this.#timers,
      random: createSeededRandom(seed + 1),
      diagnostics: { log: () => undefined },
    });
  }

  async run(): Promise<void> {
    this.#broker.useDiskOf(this.input.fileSystem);
    await this.#broker.start();
    for (const slot of this.#slots) this.#startWorker(slot);
    for (let step = 0; step < this.options.steps; step++) await this.#step();
    await this.#settle();
    await this.#end();
  }

  async #step(): Promise<void> {
    this.#forgetEnded();
    const action = this.#random.nextInteger(100);
    const slot = this.#slots[this.#random.nextInteger(this.#slots.length)] as Slot;
    if (action < 8) this.#kill(slot);
    else if (action < 20) this.#replace(slot);
    else if (action < 24) slot.worker?.ports.freeze();
    else if (action < 30) this.#thaw();
    else if (action < 36) this.#changeWeather();
    else if (action < 40) await this.#breakBroker();
    else await this.#time.advance(this.#random.nextInteger(action < 45 ? 8000 : 400));
  }

  /** The process dies; another takes its place when chance says so. */
  #kill(slot: Slot): void {
    const { worker } = slot;
    if (worker === null) return;
    this.ledger.note(`${worker.name} dies`);
    slot.worker = null;
    worker.ports.kill();
  }

  /** An empty place gets a worker; one that is taken gets a second, which makes the first a zombie. */
  #replace(slot: Slot): void {
    const { worker } = slot;
    if (worker !== null) {
      if (this.#random.nextInteger(3) > 0 || this.#zombies.length > 1) return;
      this.ledger.note(`${worker.name} is replaced`);
      this.#zombies.push(worker);
    }
    this.#startWorker(slot);
  }

  #thaw(): void {
    for (const worker of this.#workers()) worker.ports.thaw();
  }

  /** A producer that was fenced, or is finished, cannot be mended: the application makes a new one. */
  #forgetEnded(): void {
    for (const slot of this.#slots) {
      if (slot.worker === null || slot.worker.ended === null) continue;
      slot.worker.ports.kill();
      slot.worker = null;
    }
  }

  #changeWeather(): void {
    const { nextInteger } = this.#random;
    this.#setWeather({
      breaksPerMille: [0, 0, 20, 100][nextInteger(4)] ?? 0,
      delayMs: [0, 5, 200, 3000][nextInteger(4)] ?? 0,
      isSilent: nextInteger(8) === 0,
    });
    this.ledger.note(`the weather: ${JSON.stringify(this.#weather)}`);
  }

  #setWeather(weather: typeof calm): void {
    this.#weather = weather;
    for (const network of this.#networks) network.weather = weather;
  }

  async #breakBroker(): Promise<void> {
    if (this.#broker.isRunning) {
      if (this.#random.nextInteger(4) > 0) {
        this.ledger.note('the broker is killed');
        this.#broker.kill();
      } else {
        this.ledger.note('the broker stops');
        await this.#broker.stop();
      }
      if (this.#random.nextInteger(3) === 0) return;
      await this.#time.advance(this.#random.nextInteger(3000));
    }
    this.ledger.note('the broker starts');
    await this.#broker.start();
  }

  /** The weather clears, and everything is copied. */
  async #settle(): Promise<void> {
    this.ledger.note('calm');
    this.#setWeather(calm);
    this.#world.isCalm = true;
    if (!this.#broker.isRunning) await this.#broker.start();
    this.#thaw();
    const endMs = this.#time.clock.monotonicMs() + settlingMs;
    const output = this.#reader('output');
    let copied = 0;
    while (copied < this.options.records && this.#time.clock.monotonicMs() < endMs) {
      this.#forgetEnded();
      for (const slot of this.#slots) if (slot.worker === null) this.#startWorker(slot);
      const before = copied;
      copied += (await this.#time.until(output.poll({ timeoutMs: 2000 }))).count;
      if (copied === before) await this.#time.advance(2000);
    }
    await this.#time.until(output.close());
  }

  /** Everybody closes, what they may have left open has timed out, and then each number lies in each copy once. */
  async #end(): Promise<void> {
    const closing = this.#workers().map((worker) => worker.close(10_000));
    await this.#time.until(Promise.all(closing));
    await this.#time.advance(longestTransactionMs);
    for (const { to } of stages) {
      const copies = await this.#time.until(this.#readAll(to));
      this.ledger.checkCopies(to, this.options.records, copies);
    }
    await this.#checkNothingOpen();
    await this.#time.until(this.#judge.close());
    await this.#broker.stop();
    for (const failure of this.ledger.failures) throw failure;
    if (this.#broker.problems.length > 0)
      this.ledger.violation(`the broker said: ${this.#broker.problems.join('; ')}`);
    if (this.#time.armedTimers > 0)
      this.ledger.violation(`${this.#time.armedTimers} timers outlive everyone`);
  }

  async #checkNothingOpen(): Promise<void> {
    const admin = this.#judge.admin();
    const partitions = stages.flatMap(({ to: topic }) => this.#partitionsOf(topic));
    const described = await this.#time.until(admin.describeProducers(partitions));
    for (const [place, producers] of described.orThrow()) {
      for (const { producerId, transactionStartOffset } of producers) {
        if (transactionStartOffset !== null)
          this.ledger.violation(`a transaction of producer ${producerId} hangs in ${place}`);
      }
    }
    await this.#time.until(admin.close());
  }

  #partitionsOf(topic: string): { topic: string; partition: number }[] {
    return Array.from({ length: this.#partitions }, (_, partition) => ({ topic, partition }));
  }

  #reader(topic: string): Consumer {
    const reader = this.#judge.consumer({
      isolationLevel: 'read_committed',
      autoOffsetReset: 'earliest',
      maxPollRecords: 10_000,
      fetchMaxWaitMs: 5000,
    });
    reader.assign(this.#partitionsOf(topic));
    return reader;
  }

  async #readAll(topic: string): Promise<CopiedRecord[][]> {
    const partitions = this.#partitionsOf(topic);
    const reader = this.#reader(topic);
    const copies = partitions.map((): CopiedRecord[] => []);
    const ends = await reader.endOffsets(partitions);
    const isAtEnd = async (): Promise<boolean> => {
      for (const { topic: name, partition, offset } of ends)
        if ((await reader.position({ topic: name, partition })) < offset) return false;
      return true;
    };
    while (!(await isAtEnd())) {
      for (const { partition, offset, key, value } of await reader.poll({ timeoutMs: 1000 }))
        copies[partition]?.push({ offset, key: key?.toString() ?? null, value: value?.toString() ?? null });
    }
    await reader.close();
    return copies;
  }

  #workers(): CopyWorker[] {
    return [...this.#zombies, ...this.#slots.flatMap(({ worker }) => worker ?? [])];
  }

  #startWorker(slot: Slot): void {
    const name = `${slot.transactionalId}/${this.#number++}`;
    const network = new UnsteadyNetwork(this.#broker.network, this.#timers, this.#time.clock, this.#random);
    network.weather = this.#weather;
    this.#networks.push(network);
    const ports = new MortalPorts(this.#timers, network);
    const clientOptions: CreateKafkaOptions = {
      bootstrapServers: this.#broker.bootstrapServers,
      clientId: name,
      metadataMaxAgeMs: 20_000,
      network: ports.network,
      clock: this.#time.clock,
      timers: ports.timers,
      random: createSeededRandom(this.options.seed * 1000 + this.#number),
      diagnostics: { log: () => undefined },
    };
    this.ledger.note(`${name} starts`);
    slot.worker = new CopyWorker(name, slot.transactionalId, slot.stage, this.#world, ports, clientOptions);
  }
}
