// Decides one seeded life of a broker, producers and a group of consumers: who does what when, and what goes wrong.
import { createSeededRandom } from '../../src/io/memory/seeded-random.js';
import { createVirtualTime } from '../../src/io/memory/virtual-time.js';
import type { GroupProtocol } from '../../src/client/consumer/consumer-options.js';
import type { CreateKafkaOptions } from '../../src/composition/create-kafka.js';
import { MortalPorts } from './mortal-ports.js';
import { SimulatedBroker } from './simulated-broker.js';
import { SimulatedMember, type MemberWorld } from './simulated-member.js';
import { SimulatedProducer } from './simulated-producer.js';
import { SimulationLedger } from './simulation-ledger.js';
import { watchedTimers } from './watched-timers.js';
import { calm, UnsteadyNetwork } from './unsteady-network.js';

const topic = 'events';
const groupId = 'readers';
const membersAtMost = 4;
const producersAtMost = 3;
/** Longer than every timeout of a member or of a delivery. */
const settlingMs = 80_000;

export class ClientSimulation {
  readonly ledger = new SimulationLedger();
  readonly #time = createVirtualTime();
  readonly #timers = watchedTimers(this.#time);
  readonly #random;
  readonly #broker: SimulatedBroker;
  readonly #networks: UnsteadyNetwork[] = [];
  readonly #members: SimulatedMember[] = [];
  readonly #producers: SimulatedProducer[] = [];
  readonly #ending: Promise<unknown>[] = [];
  readonly #world: MemberWorld;
  #partitions = 0;
  #number = 0;
  #weather = calm;

  constructor(private readonly seed: number) {
    this.#random = createSeededRandom(seed);
    this.#broker = new SimulatedBroker(this.#time, this.#timers, seed);
    const strategies = [undefined, ['range'], ['cooperative-sticky'], ['cooperative-sticky']] as const;
    this.#world = {
      groupId,
      topic,
      strategy: strategies[this.#random.nextInteger(strategies.length)],
      nextProtocol: protocolsOf(seed),
      random: this.#random,
      timers: this.#timers,
      ledger: this.ledger,
      isCalm: false,
    };
  }

  async run(steps: number): Promise<void> {
    await this.#broker.start();
    this.#partitions = 1 + this.#random.nextInteger(5);
    await this.#broker.createTopic(topic, this.#partitions);
    this.#startProducer();
    this.#startMember();
    for (let step = 0; step < steps; step++) await this.#step();
    await this.#settle();
    await this.#end();
  }

  async #step(): Promise<void> {
    const action = this.#random.nextInteger(100);
    if (action < 25) this.#pick(this.#producers)?.send(1 + this.#random.nextInteger(20));
    else if (action < 30) this.#startMember();
    else if (action < 33) this.#endMember('closes');
    else if (action < 36) this.#endMember('dies');
    else if (action < 39) this.#startProducer();
    else if (action < 41) this.#endProducer();
    else if (action < 44) this.#pick(this.#members)?.meddle();
    else if (action < 46) this.#pick(this.#members)?.wakeup();
    else if (action < 50) this.#changeWeather();
    else if (action < 53) await this.#breakBroker();
    else if (action < 57) await this.#check();
    else if (action < 58) await this.#pass(this.#random.nextInteger(30_000));
    else await this.#pass(this.#random.nextInteger(800));
  }

  /** The weather clears: everything sent is settled, everything written is processed, and what comes then comes once. */
  async #settle(): Promise<void> {
    this.#setWeather(calm);
    this.#world.isCalm = true;
    if (!this.#broker.isRunning) await this.#broker.start();
    if (this.#members.length === 0) this.#startMember();
    if (this.#producers.length === 0) this.#startProducer();
    for (const member of this.#members) member.goOn();
    await this.#pass(settlingMs);
    for (const member of this.#members) member.goOn();
    for (const producer of this.#producers) {
      if (producer.pending > 0)
        this.ledger.violation(`${producer.pending} sends of ${producer.name} never ended`);
    }
    const assigned = this.#members
      .flatMap(({ assignment }) => assignment)
      .toSorted((left, right) => left - right);
    const expected = Array.from({ length: this.#partitions }, (_, index) => index);
    if (JSON.stringify(assigned) !== JSON.stringify(expected))
      this.ledger.violation(`the members hold ${JSON.stringify(assigned)} of ${this.#partitions} partitions`);
    await this.#check();
    const before = this.ledger.deliveries;
    const last = this.#producers[0] as SimulatedProducer;
    last.send(20);
    await this.#time.until(last.flush(), settlingMs);
    await this.#pass(20_000);
    const repeated = this.ledger.deliveries - before - 20;
    if (repeated !== 0 && last.isIdempotent)
      this.ledger.violation(`${repeated} more than 20 records came after the storm`);
    await this.#checkLogs(true);
  }

  async #end(): Promise<void> {
    for (const producer of this.#producers) this.#ending.push(producer.close(10_000));
    for (const member of this.#members) this.#ending.push(member.close(10_000));
    await this.#time.until(Promise.all(this.#ending), settlingMs);
    await this.#check();
    await this.#broker.stop();
    await this.#time.runUntilIdle();
    if (this.#broker.problems.length > 0)
      this.ledger.violation(`the broker said: ${this.#broker.problems.join('; ')}`);
    if (this.#time.armedTimers > 0)
      this.ledger.violation(`${this.#time.armedTimers} timers outlive everyone`);
  }

  async #check(): Promise<void> {
    if (!this.#broker.isRunning) return;
    this.ledger.checkCommitted(await this.#broker.committed(groupId, topic, this.#partitions));
    await this.#checkLogs(false);
  }

  async #checkLogs(isFinal: boolean): Promise<void> {
    for (let partition = 0; partition < this.#partitions; partition++) {
      const log = await this.#broker.read(topic, partition);
      this.ledger.checkLog(partition, log);
      if (isFinal) this.ledger.checkProcessed(partition, log);
    }
  }

  async #pass(ms: number): Promise<void> {
    await this.#time.advance(ms);
  }

  #startMember(): void {
    if (this.#members.length >= membersAtMost) return;
    const name = `member-${this.#number++}`;
    const instances = ['static-a', 'static-b'];
    const free = instances.filter((one) => this.#members.every(({ instanceId }) => instanceId !== one));
    const instanceId = this.#random.nextInteger(4) === 0 ? (free[0] ?? null) : null;
    const ports = new MortalPorts(this.#timers, this.#network());
    this.#members.push(
      new SimulatedMember(name, instanceId, this.#world, ports, this.#clientOptions(name, ports)),
    );
  }

  #endMember(how: 'closes' | 'dies'): void {
    const member = this.#pick(this.#members);
    if (member === undefined) return;
    this.ledger.note(`${member.name} ${how}`);
    this.#members.splice(this.#members.indexOf(member), 1);
    if (how === 'closes') this.#ending.push(member.close(this.#random.nextInteger(8000)));
    else member.die();
  }

  #startProducer(): void {
    if (this.#producers.length >= producersAtMost) return;
    const name = `producer-${this.#number++}`;
    const ports = new MortalPorts(this.#timers, this.#network());
    this.#producers.push(
      new SimulatedProducer(
        name,
        topic,
        () => this.#partitions,
        this.#clientOptions(name, ports),
        this.#random,
        this.#timers,
        this.ledger,
      ),
    );
  }

  #endProducer(): void {
    const producer = this.#pick(this.#producers);
    if (producer === undefined) return;
    this.ledger.note(`${producer.name} closes with ${producer.pending} pending`);
    this.#producers.splice(this.#producers.indexOf(producer), 1);
    const closing = producer.close(this.#random.nextInteger(10_000)).then(() => {
      if (producer.pending > 0)
        this.ledger.violation(`${producer.name} closed with ${producer.pending} open sends`);
    });
    this.#ending.push(closing);
  }

  #changeWeather(): void {
    const { nextInteger } = this.#random;
    this.#setWeather({
      breaksPerMille: [0, 0, 20, 100][nextInteger(4)] ?? 0,
      delayMs: [0, 5, 200, 3000][nextInteger(4)] ?? 0,
      isSilent: nextInteger(10) === 0,
    });
    this.ledger.note(`the weather: ${JSON.stringify(this.#weather)}`);
  }

  #setWeather(weather: typeof calm): void {
    this.#weather = weather;
    for (const network of this.#networks) network.weather = weather;
  }

  async #breakBroker(): Promise<void> {
    if (!this.#broker.isRunning) {
      this.ledger.note('the broker starts');
      await this.#broker.start();
      return;
    }
    if (this.#random.nextInteger(2) === 0) {
      this.ledger.note('the broker is killed');
      this.#broker.kill();
    } else {
      this.ledger.note('the broker stops');
      await this.#broker.stop();
    }
    if (this.#random.nextInteger(3) === 0) return;
    await this.#pass(this.#random.nextInteger(2000));
    this.ledger.note('the broker starts again');
    await this.#broker.start();
  }

  #network(): UnsteadyNetwork {
    const { clock } = this.#time;
    const network = new UnsteadyNetwork(this.#broker.network, this.#timers, clock, this.#random);
    network.weather = this.#weather;
    this.#networks.push(network);
    return network;
  }

  #clientOptions(clientId: string, ports: MortalPorts): CreateKafkaOptions {
    return {
      bootstrapServers: this.#broker.bootstrapServers,
      clientId,
      metadataMaxAgeMs: 20_000,
      network: ports.network,
      clock: this.#time.clock,
      timers: ports.timers,
      random: createSeededRandom(this.seed * 1000 + this.#number),
      diagnostics: {
        log: (level, message) => {
          if (level === 'warn' || level === 'error') this.ledger.note(`${clientId}: ${message}`);
        },
      },
    };
  }

  #pick<Item>(items: readonly Item[]): Item | undefined {
    return items.length === 0 ? undefined : items[this.#random.nextInteger(items.length)];
  }
}

/** A third of the lives are of classic groups, a third of groups of the consumer protocol, and a third change between them (C25). */
function protocolsOf(seed: number): () => GroupProtocol {
  if (seed % 3 === 0) return () => 'classic';
  if (seed % 3 === 1) return () => 'consumer';
  const random = createSeededRandom(seed);
  return () => (random.nextInteger(2) === 0 ? 'classic' : 'consumer');
}
