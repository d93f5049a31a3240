// Java's consumers and ours in one group, classic and of the consumer protocol, and from the one to the other while it reads.
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';

import { createKafka, serializers } from '@ottla/core';

import { Ledger } from '../mixed-groups/ledger.mjs';
import { javaFlags } from '../support/apache-kafka.mjs';
import { start } from '../support/processes.mjs';
import { ToolMissing } from '../support/suite.mjs';
import { findApacheKafka, findJavaCompiler } from '../support/tools.mjs';
import { until, within } from '../support/within.mjs';

const program = fileURLToPath(new URL('../mixed-groups/Members.java', import.meta.url));
const partitionCount = 6;
/** A cooperative group takes two rebalances, one of the consumer protocol some heartbeats of 5 s. */
const settleMs = 60_000;

/** @typedef {'classic' | 'consumer'} Protocol */
/** @typedef {{ protocol: Protocol, assignor?: 'range' | 'cooperative-sticky' }} Kind */

/** @param {string} bootstrapServers */
export function mixedGroupCases(bootstrapServers) {
  /** @type {readonly [string, Kind][]} */
  const kinds = [
    ['a classic group, range', { protocol: 'classic', assignor: 'range' }],
    ['a classic group, cooperative-sticky', { protocol: 'classic', assignor: 'cooperative-sticky' }],
    ['a group of the consumer protocol', { protocol: 'consumer' }],
  ];
  return [
    ...kinds.map(([name, kind]) => ({
      name: `java and ours share ${name}`,
      run: () => withGroup(bootstrapServers, (group) => comeAndGo(group, kind)),
    })),
    {
      name: 'java and ours go from the classic to the consumer protocol and back',
      run: () => withGroup(bootstrapServers, upgrade),
    },
  ];
}

/**
 * Members come one by one, in turn Java's and ours, and go in another order.
 * @param {MixedGroup} group @param {Kind} kind
 */
async function comeAndGo(group, kind) {
  group.startJava('java-1', kind);
  await group.settled({ 'java-1': 6 });
  group.startOurs('ours-1', kind);
  await group.settled({ 'java-1': 3, 'ours-1': 3 });
  group.startJava('java-2', kind);
  await group.settled({ 'java-1': 2, 'ours-1': 2, 'java-2': 2 });
  group.startOurs('ours-2', kind);
  await group.settledWithin(1, 2, ['java-1', 'ours-1', 'java-2', 'ours-2']);
  // The leader of a classic group, which joined first, goes first.
  await group.stop('java-1');
  await group.settled({ 'ours-1': 2, 'java-2': 2, 'ours-2': 2 });
  await group.stop('ours-1');
  await group.settled({ 'java-2': 3, 'ours-2': 3 });
  await group.stop('java-2');
  await group.settled({ 'ours-2': 6 });
}

/** Each member of a classic group is replaced by one of the consumer protocol, and back. @param {MixedGroup} group */
async function upgrade(group) {
  /** @type {Kind} */
  const classic = { protocol: 'classic' };
  /** @type {Kind} */
  const consumer = { protocol: 'consumer' };
  group.startJava('java-old', classic);
  group.startOurs('ours-old', classic);
  await group.settled({ 'java-old': 3, 'ours-old': 3 });
  group.startOurs('ours-new', consumer);
  await group.settled({ 'java-old': 2, 'ours-old': 2, 'ours-new': 2 });
  await group.stop('ours-old');
  await group.settled({ 'java-old': 3, 'ours-new': 3 });
  group.startJava('java-new', consumer);
  await group.settled({ 'java-old': 2, 'ours-new': 2, 'java-new': 2 });
  await group.stop('java-old');
  await group.settled({ 'ours-new': 3, 'java-new': 3 });
  group.startOurs('ours-back', classic);
  await group.settled({ 'ours-new': 2, 'java-new': 2, 'ours-back': 2 });
  await group.stop('ours-new');
  await group.settled({ 'java-new': 3, 'ours-back': 3 });
  group.startJava('java-back', classic);
  await group.settled({ 'java-new': 2, 'ours-back': 2, 'java-back': 2 });
  await group.stop('java-new');
  await group.settled({ 'ours-back': 3, 'java-back': 3 });
}

/** @param {string} bootstrapServers @param {(group: MixedGroup) => Promise<void>} play */
async function withGroup(bootstrapServers, play) {
  const kafka = await findApacheKafka();
  if (kafka === null || (await findJavaCompiler()) === null)
    throw new ToolMissing('Java or Maven is neither installed nor to be had from the package manager');
  const group = new MixedGroup(bootstrapServers);
  try {
    await group.begin(kafka);
    await play(group);
    return await group.end();
  } finally {
    await group.close();
  }
}

let groups = 0;

class MixedGroup {
  #ledger = new Ledger();
  #name = `mixed-group-${Date.now()}-${groups++}`;
  /** @type {Map<string, OurMember>} */
  #ours = new Map();
  /** @type {Set<string>} */
  #running = new Set();
  /** @type {Awaited<ReturnType<typeof start>> | null} */
  #java = null;
  #kafka;
  #bootstrapServers;
  /** Records sent to each partition. */
  #sent = 0;
  #isLoadEnding = false;
  /** @type {Promise<void>} */
  #load = Promise.resolve();
  /** @type {Error | null} */
  #loadFailure = null;

  /** @param {string} bootstrapServers */
  constructor(bootstrapServers) {
    this.#bootstrapServers = bootstrapServers;
    this.#kafka = createKafka({ bootstrapServers, clientId: 'mixed-groups' });
  }

  /** @param {{ java: string, classPath: string }} kafka */
  async begin(kafka) {
    (
      await this.#kafka
        .admin()
        .createTopics([{ name: this.#name, numPartitions: partitionCount, replicationFactor: 1 }])
    ).orThrow();
    this.#java = await start(kafka.java, [...javaFlags(kafka), program, this.#bootstrapServers], {
      ready: /^ready$/m,
      takesInput: true,
      onLine: (line) => this.#take(line),
    });
    this.#load = this.#send().catch((/** @type {Error} */ error) => {
      this.#loadFailure = error;
    });
  }

  /** @param {string} name @param {Kind} kind */
  startJava(name, { protocol, assignor }) {
    this.#running.add(name);
    this.#java?.write(`start ${name} ${this.#name} ${protocol} ${assignor ?? '-'} ${this.#name}\n`);
  }

  /** @param {string} name @param {Kind} kind */
  startOurs(name, kind) {
    this.#running.add(name);
    this.#ours.set(name, new OurMember(this.#kafka, this.#ledger, name, this.#name, kind));
  }

  /** @param {string} name */
  async stop(name) {
    this.#running.delete(name);
    const ours = this.#ours.get(name);
    if (ours === undefined) this.#java?.write(`stop ${name}\n`);
    else ours.stop();
    await this.#until(
      () => this.#ledger.stopped.has(name),
      () => `${name} has not stopped`,
    );
  }

  /** Resolves when these members have so many partitions. @param {Record<string, number>} counts */
  async settled(counts) {
    const wanted = Object.entries(counts);
    await this.#until(
      () => wanted.every(([name, count]) => this.#ledger.count(name) === count),
      () => `not ${JSON.stringify(counts)} but ${this.#counts()}`,
    );
    await this.#readOn();
  }

  /** @param {number} least @param {number} most @param {readonly string[]} names */
  async settledWithin(least, most, names) {
    const counts = () => names.map((name) => this.#ledger.count(name));
    await this.#until(
      () =>
        counts().every((count) => count >= least && count <= most) &&
        counts().reduce((sum, count) => sum + count, 0) === partitionCount,
      () => `not ${least} to ${most} each but ${this.#counts()}`,
    );
    await this.#readOn();
  }

  /** Ends the load, waits until all of it is read and committed, and says what there was. */
  async end() {
    this.#isLoadEnding = true;
    await this.#load;
    const ends = Array.from({ length: partitionCount }, () => this.#sent);
    await this.#until(
      () => this.#ledger.isComplete(ends),
      () => `not everything was committed up to ${this.#sent}`,
    );
    for (const name of this.#running) await this.stop(name);
    const repeated = this.#ledger.check(ends);
    return `${this.#sent * partitionCount} records, none missed, none of a committed one again; ${repeated} not committed ones again`;
  }

  async close() {
    this.#isLoadEnding = true;
    await this.#load;
    await Promise.all([...this.#ours.values()].map((member) => member.close()));
    await this.#java?.stop('SIGKILL');
    await this.#kafka.close();
  }

  /** Whoever has partitions now reads them on. */
  async #readOn() {
    const wanted = this.#sent + 20;
    const ends = Array.from({ length: partitionCount }, () => wanted);
    await this.#until(
      () => this.#ledger.isComplete(ends),
      () => `${this.#counts()}, and not everything is read up to ${wanted}`,
    );
  }

  #counts() {
    return [...this.#running].map((name) => `${name}: ${this.#ledger.count(name)}`).join(', ');
  }

  /** @param {() => boolean} holds @param {() => string} missing */
  async #until(holds, missing) {
    await until(
      settleMs,
      () => {
        if (this.#ledger.failure !== null) throw new Error(this.#ledger.failure);
        if (this.#loadFailure !== null) throw this.#loadFailure;
        return holds();
      },
      missing,
    );
  }

  /** Some 400 records a second into each partition. */
  async #send() {
    const producer = this.#kafka.producer({ valueSerializer: serializers.string });
    while (!this.#isLoadEnding) {
      const values = Array.from({ length: 10 * partitionCount }, (_, index) => ({
        topic: this.#name,
        partition: index % partitionCount,
        value: String(this.#sent + Math.floor(index / partitionCount)),
      }));
      await producer.sendMany(values);
      this.#sent += 10;
      await pause(25);
    }
    await producer.close();
  }

  /** @param {string} line */
  #take(line) {
    const [time = '', kind = '', member = '', ...values] = line.split(' ');
    if (/^\d+$/.test(time)) this.#ledger.note(Number(time), kind, member, values.join(' '));
  }
}

/** One of our consumers, which does what the Java ones do. */
class OurMember {
  #consumer;
  #ledger;
  #name;
  #topic;
  /** The next record to read of what is not committed. @type {Map<number, number>} */
  #pending = new Map();
  #stopping = false;
  #ended;

  /**
   * @param {import('@ottla/core').Kafka} kafka @param {Ledger} ledger @param {string} name
   * @param {string} topic and group @param {Kind} kind
   */
  constructor(kafka, ledger, name, topic, { protocol, assignor }) {
    this.#ledger = ledger;
    this.#name = name;
    this.#topic = topic;
    this.#consumer = kafka.consumer({
      groupId: topic,
      enableAutoCommit: false,
      autoOffsetReset: 'earliest',
      ...(protocol === 'consumer'
        ? { groupProtocol: protocol }
        : { sessionTimeoutMs: 10_000, heartbeatIntervalMs: 500 }),
      ...(assignor === undefined ? {} : { partitionAssignmentStrategy: [assignor] }),
    });
    this.#consumer.subscribe({
      topics: [topic],
      listener: {
        onPartitionsAssigned: (partitions) => this.#note('assigned', numbers(partitions)),
        onPartitionsRevoked: async (partitions) => {
          await this.#commit();
          for (const { partition } of partitions) this.#pending.delete(partition);
          this.#note('revoked', numbers(partitions));
        },
        onPartitionsLost: (partitions) => {
          for (const { partition } of partitions) this.#pending.delete(partition);
          this.#note('lost', numbers(partitions));
        },
      },
    });
    this.#ended = this.#run().then(
      () => this.#note('stopped', ''),
      (/** @type {Error} */ error) => this.#note('failed', `${error.stack}`),
    );
  }

  stop() {
    this.#stopping = true;
  }

  async close() {
    this.#stopping = true;
    await within(30_000, this.#ended, () => `${this.#name} does not stop`);
  }

  async #run() {
    while (!this.#stopping) {
      for (const { partition, records } of (await this.#consumer.poll(100)).byPartition()) {
        const first = records[0]?.offset ?? 0;
        const next = (records.at(-1)?.offset ?? -1) + 1;
        if (next - first !== records.length) throw new Error(`${partition} has a gap behind ${first}`);
        this.#note('read', `${partition} ${first} ${next}`);
        this.#pending.set(partition, next);
      }
      await this.#commit();
    }
    await this.#consumer.close();
  }

  async #commit() {
    if (this.#pending.size === 0) return;
    const offsets = [...this.#pending].map(([partition, offset]) => ({
      topic: this.#topic,
      partition,
      offset,
    }));
    try {
      await this.#consumer.commit(offsets);
      for (const { partition, offset } of offsets) this.#note('committed', `${partition} ${offset}`);
      this.#pending.clear();
    } catch (error) {
      const { code } = /** @type {{ code?: string }} */ (error);
      if (code === 'COMMIT_FAILED') this.#pending.clear();
      else if (code !== 'REBALANCE_IN_PROGRESS') throw error;
    }
  }

  /** @param {string} kind @param {string} values */
  #note(kind, values) {
    this.#ledger.note(Date.now(), kind, this.#name, values);
  }
}

/** @param {readonly { readonly partition: number }[]} partitions */
function numbers(partitions) {
  return partitions.map(({ partition }) => partition).join(',');
}
