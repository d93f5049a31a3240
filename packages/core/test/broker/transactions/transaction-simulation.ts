// Decides the seeded life of transactional producers of both protocols on a broker that dies between two writes, and what must hold at its end.
import type { MemoryFileSystem } from '../../../src/io/memory/memory-file-system.js';
import { createSeededRandom } from '../../../src/io/memory/seeded-random.js';
import { apis } from '../../../src/protocol/api-keys.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import { readCommitted } from '../../support/committed-view.js';
import {
  RawTransactionalProducer,
  type TransactionProtocol,
} from '../../support/raw-transactional-producer.js';
import { TestBroker } from '../../support/test-broker.js';

const partitions = ['a-0', 'a-1', 'b-0'] as const;
const transactionalIds = ['one', 'two', 'three'];
const timeoutMs = 30_000;

/** How a transaction went, as far as its producer knows; `unknown`: it asked for a commit and never heard. */
type Fate = 'open' | 'committed' | 'aborted' | 'unknown';

interface Transaction {
  readonly number: number;
  readonly transactionalId: string;
  /** Acknowledged batches, by partition. */
  readonly sent: { readonly partition: string; readonly value: string }[];
  /** The offset it commits for the group of its transactional id. */
  offset: number | null;
  fate: Fate;
}

interface Actor {
  readonly producer: RawTransactionalProducer;
  readonly protocol: TransactionProtocol;
  transaction: Transaction | null;
}

const retriable = new Set<number>([
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.CONCURRENT_TRANSACTIONS,
]);
const fencing = new Set<number>([ErrorCode.INVALID_PRODUCER_EPOCH, ErrorCode.PRODUCER_FENCED]);

export class TransactionSimulation {
  readonly history: string[] = [];
  readonly #random;
  readonly #broker = new TestBroker({ transactionStateLogNumPartitions: 2, connectionsMaxIdleMs: -1 });
  readonly #actors = new Map<string, Actor>();
  readonly #zombies: Actor[] = [];
  /** In the order in which the log has their batches. */
  readonly #transactions: Transaction[] = [];
  readonly #order: {
    readonly partition: string;
    readonly value: string;
    readonly transaction: Transaction;
  }[] = [];
  /** What a crash left, when one has happened since the last look. */
  #left: MemoryFileSystem | null = null;
  #nextValue = 1;

  constructor(seed: number) {
    this.#random = createSeededRandom(seed);
  }

  async run(steps: number): Promise<void> {
    const broker = await this.#broker.start();
    try {
      await broker.createTopic(broker.connect(), 'a', 2);
      await broker.createTopic(broker.connect(), 'b', 1);
      for (const id of transactionalIds) await this.#start(id);
      for (let step = 0; step < steps; step++) await this.#step();
      await this.#settle();
    } finally {
      await broker.stop();
    }
  }

  async #step(): Promise<void> {
    const id = this.#pick(transactionalIds);
    const actor = this.#actors.get(id);
    if (actor === undefined) return this.#start(id);
    const action = this.#random.nextInteger(100);
    if (action < 45) await this.#send(actor);
    else if (action < 55) await this.#commitOffset(actor);
    else if (action < 72) await this.#end(actor, 'commit', true);
    else if (action < 77) await this.#end(actor, 'abort', true);
    else if (action < 80) await this.#end(actor, 'commit', false);
    else if (action < 84) await this.#start(id);
    else if (action < 90) await this.#zombie();
    else if (action < 96) this.#planCrash();
    else
      await this.#broker.time.advance(
        this.#random.nextInteger(4) === 0 ? 50_000 : this.#random.nextInteger(9_000),
      );
  }

  /** A producer of that name begins; the one before becomes a zombie, and what it has open is lost. */
  async #start(transactionalId: string): Promise<void> {
    const protocol = this.#pick(['classic', 'second'] as const);
    const producer = new RawTransactionalProducer(this.#broker, transactionalId, protocol);
    const codes = await this.#certain(() => {
      producer.reconnect();
      return producer.init({ timeoutMs });
    });
    this.#note(`${transactionalId} starts (${protocol}): ${codes.join()}`);
    if (codes.at(-1) !== ErrorCode.NONE) throw new Error(`${transactionalId} cannot start: ${codes.join()}`);
    const before = this.#actors.get(transactionalId);
    if (before !== undefined) this.#lose(before);
    this.#actors.set(transactionalId, { producer, protocol, transaction: null });
  }

  async #send(actor: Actor): Promise<void> {
    const transaction = this.#transactionOf(actor);
    const partition = this.#pick(partitions);
    const [topic = '', index = ''] = partition.split('-');
    const value = `${actor.producer.transactionalId}/${transaction.number}/${this.#nextValue++}`;
    if (actor.protocol === 'classic') {
      const [code = -1] = await this.#certain(() => actor.producer.add(topic, [Number(index)]));
      if (!this.#goesOn(actor, `adds ${partition}`, code)) return;
    }
    const send = async () =>
      (await actor.producer.send(topic, [value], { partition: Number(index) })).errorCode;
    const code = await this.#certain(send);
    if (!this.#goesOn(actor, `sends ${value} to ${partition}`, code)) return;
    transaction.sent.push({ partition, value });
    this.#order.push({ partition, value, transaction });
  }

  async #commitOffset(actor: Actor): Promise<void> {
    const transaction = this.#transactionOf(actor);
    const groupId = `group-${actor.producer.transactionalId}`;
    if (actor.protocol === 'classic') {
      const code = await this.#certain(() => actor.producer.addOffsets(groupId));
      if (!this.#goesOn(actor, 'adds offsets', code)) return;
    } else await this.#certain(() => this.#findGroup(groupId));
    const offset = this.#nextValue++;
    const code = await this.#certain(() => actor.producer.commitOffset(groupId, 'a', offset));
    if (this.#goesOn(actor, `commits offset ${offset}`, code)) transaction.offset = offset;
  }

  /** Without `isPatient` the producer dies when the broker does, and never hears how it went. */
  async #end(actor: Actor, result: 'commit' | 'abort', isPatient: boolean): Promise<void> {
    const { transaction } = actor;
    if (transaction === null) return;
    // A crash is on the way for one that will not ask twice.
    if (!isPatient) this.#planCrash();
    const end = () => actor.producer.end(result);
    const code = isPatient ? await this.#certain(end) : await this.#once(end);
    this.#note(`${actor.producer.transactionalId} ${result}s ${transaction.number}: ${code ?? 'no answer'}`);
    if (code === null) {
      if (result === 'commit') transaction.fate = 'unknown';
      this.#dies(actor);
      return;
    }
    if (retriable.has(code)) return;
    actor.transaction = null;
    // What was never begun, for every send was refused, cannot be committed.
    const isNothing = transaction.sent.length === 0 && transaction.offset === null;
    if (code === ErrorCode.NONE) transaction.fate = result === 'commit' ? 'committed' : 'aborted';
    else if (fencing.has(code)) this.#dies(actor);
    else if (code !== ErrorCode.INVALID_TXN_STATE || !isNothing)
      throw new Error(`${result} of transaction ${transaction.number} is answered with ${code}`);
  }

  /** One that was replaced tries what it can; it must get nowhere. */
  async #zombie(): Promise<void> {
    if (this.#zombies.length === 0) return;
    const { producer, protocol } = this.#pick(this.#zombies);
    const attempts: Record<string, () => Promise<number>> = {
      sends: async () => (await producer.send('a', ['zombie'])).errorCode,
      commits: () => producer.end('commit'),
      aborts: () => producer.end('abort'),
      'commits an offset': () => producer.commitOffset(`group-${producer.transactionalId}`, 'a', 999_999),
      adds: async () => (await producer.add('b', [0]))[0] ?? -1,
    };
    const what = this.#pick(Object.keys(attempts));
    const attempt = attempts[what];
    if (attempt === undefined || (what === 'adds' && protocol !== 'classic')) return;
    producer.reconnect();
    const code = await this.#certain(attempt);
    this.#note(`zombie of ${producer.transactionalId} ${what}: ${code}`);
    if (code === ErrorCode.NONE) throw new Error(`a zombie of ${producer.transactionalId} ${what}, and may`);
  }

  /** Everything comes to an end: what is open is aborted by new producers, nothing hangs, and the ledger is found in the logs. */
  async #settle(): Promise<void> {
    for (const id of transactionalIds) await this.#start(id);
    await this.#once(() => Promise.resolve());
    this.#broker.fileSystem.faults = {};
    await this.#broker.time.advance(60_000);
    const client = this.#broker.connect();
    const seen = new Set<string>();
    const found = new Map<string, (string | null)[]>();
    for (const partition of partitions) {
      const [topic = '', index = ''] = partition.split('-');
      const view = await readCommitted(this.#broker, client, topic, { partition: Number(index) });
      if (view.lastStableOffset !== view.highWatermark)
        throw new Error(`a transaction hangs in ${partition}`);
      for (const value of view.values) seen.add(value ?? 'null');
      found.set(partition, view.values);
    }
    for (const transaction of this.#transactions) {
      const visible = transaction.sent.filter(({ value }) => seen.has(value)).length;
      if (transaction.fate !== 'unknown') continue;
      if (visible > 0 && visible < transaction.sent.length)
        throw new Error(
          `${visible} of ${transaction.sent.length} records of transaction ${transaction.number} are seen`,
        );
      transaction.fate = visible > 0 ? 'committed' : transaction.sent.length > 0 ? 'aborted' : 'unknown';
    }
    for (const partition of partitions) {
      const expected = this.#order
        .filter((each) => each.partition === partition && each.transaction.fate === 'committed')
        .map(({ value }) => value);
      const values = found.get(partition) ?? [];
      if (values.join() !== expected.join())
        throw new Error(`${partition} has ${values.join()}\nand should have ${expected.join()}`);
    }
    for (const id of transactionalIds) await this.#checkOffset(id);
  }

  async #checkOffset(transactionalId: string): Promise<void> {
    const groupId = `group-${transactionalId}`;
    await this.#findGroup(groupId);
    const reply = await this.#broker.settled(
      this.#broker.connect().send(apis.offsetFetch, 9, {
        requireStable: true,
        groups: [{ groupId, topics: [{ name: 'a', partitionIndexes: [0] }] }],
      }),
    );
    const { committedOffset = -1, errorCode } = reply.groups[0]?.topics[0]?.partitions[0] ?? {
      errorCode: -1,
    };
    if (errorCode !== ErrorCode.NONE)
      throw new Error(`the offset of ${groupId} is answered with ${errorCode}`);
    const ofId = this.#transactions.filter(
      (each) => each.transactionalId === transactionalId && each.offset !== null,
    );
    const last = ofId.findLast(({ fate }) => fate === 'committed')?.offset ?? -1;
    // Of those without records the offset alone says how they went; what was committed later stands.
    const allowed = [
      last,
      ...ofId
        .filter(({ fate, offset }) => fate === 'unknown' && (offset ?? -1) > last)
        .map(({ offset }) => offset),
    ];
    if (!allowed.includes(committedOffset))
      throw new Error(`${groupId} is at ${committedOffset} and should be at ${allowed.join(' or ')}`);
  }

  #transactionOf(actor: Actor): Transaction {
    const { transactionalId } = actor.producer;
    const number = this.#transactions.length;
    const begun = actor.transaction ?? { number, transactionalId, sent: [], offset: null, fate: 'open' };
    if (actor.transaction === null) this.#transactions.push(begun);
    actor.transaction = begun;
    return begun;
  }

  /** Whether the request succeeded; one that was fenced is at its end. */
  #goesOn(actor: Actor, what: string, code: number): boolean {
    this.#note(`${actor.producer.transactionalId} ${what}: ${code}`);
    if (fencing.has(code)) this.#dies(actor);
    else if (code !== ErrorCode.NONE && !retriable.has(code))
      throw new Error(`${actor.producer.transactionalId} ${what}, and is answered with ${code}`);
    return code === ErrorCode.NONE;
  }

  /** Another will start in its place. */
  #dies(actor: Actor): void {
    this.#actors.delete(actor.producer.transactionalId);
    if (actor.transaction?.fate === 'open') actor.transaction.fate = 'aborted';
  }

  #lose(actor: Actor): void {
    if (actor.transaction?.fate === 'open') actor.transaction.fate = 'aborted';
    this.#zombies.push(actor);
  }

  /** The broker dies before one of the next writes: all before it are in the files, it and what follows is not. */
  #planCrash(): void {
    let writes = 1 + this.#random.nextInteger(9);
    const { fileSystem } = this.#broker;
    fileSystem.faults = {
      beforeChange: () => {
        if (--writes === 0) this.#left = fileSystem.afterCrash((_path, _synced, sizeBytes) => sizeBytes);
      },
    };
    this.#note(`the broker will die before write ${writes} from here`);
  }

  /** The answer, or null when the broker died meanwhile: whatever it answered after that moment was never said. */
  async #once<Value>(ask: () => Promise<Value>): Promise<Value | null> {
    const producers = [...this.#actors.values(), ...this.#zombies].map(({ producer }) => producer);
    const memories = producers.map((producer) => producer.remember());
    const answer = await ask();
    const left = this.#left;
    if (left === null) return answer;
    this.#left = null;
    for (const forget of memories) forget();
    this.#note('the broker dies and starts');
    await this.#broker.restartOn(left);
    for (const producer of producers) producer.reconnect();
    return null;
  }

  /** Asks until there is an answer. */
  async #certain<Value>(ask: () => Promise<Value>): Promise<Value> {
    for (;;) {
      const answer = await this.#once(ask);
      if (answer !== null) return answer;
    }
  }

  async #findGroup(groupId: string): Promise<true> {
    const client = this.#broker.connect();
    await this.#broker.settled(
      client.send(apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] }),
    );
    client.close();
    return true;
  }

  #pick<Value>(values: readonly Value[]): Value {
    const value = values[this.#random.nextInteger(values.length)];
    if (value === undefined) throw new Error('There is nothing to choose from');
    return value;
  }

  #note(what: string): void {
    this.history.push(what);
  }
}
