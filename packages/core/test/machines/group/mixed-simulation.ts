// Decides the seeded life of a group of consumers of both protocols, and what must hold after every step.
import { createSeededRandom } from '../../../src/io/memory/seeded-random.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import { ClassicConsumer, ModernConsumer, type Chances, type SimulatedConsumer } from './mixed-clients.js';
import { ReplayingContext } from './replaying-context.js';
import { TestTopics } from './test-topics.js';
import type { Subscription } from './consumer-client.js';

const consumersAtMost = 6;
const topicNames = ['ta', 'tb', 'tc'];

/** `modern`: members of the consumer protocol alone; `mixed`: of both, so that the group goes back and forth (C25). */
export type Population = 'modern' | 'mixed';

export class MixedSimulation {
  readonly context: ReplayingContext;
  readonly consumers: SimulatedConsumer[] = [];
  readonly history: string[] = [];
  /** How often the group was seen as each kind, to know that the simulation goes where it should. */
  readonly seen = { classic: 0, consumer: 0 };
  readonly #random;
  readonly #population: Population;
  readonly #chances: Chances;
  #isCalm = false;
  #number = 0;

  constructor(seed: number, population: Population) {
    this.#random = createSeededRandom(seed);
    this.#population = population;
    this.context = new ReplayingContext({}, new TestTopics({ ta: 4, tb: 3 }));
    this.#chances = {
      losesReply: () => !this.#isCalm && this.#chance(10),
      isSlow: () => !this.#isCalm && this.#chance(30),
      violation: (message) => {
        throw new Error(message);
      },
    };
  }

  step(): void {
    const action = this.#random.nextInteger(100);
    if (action < 12) this.#start();
    else if (action < 18) this.#pick('leaves', (consumer) => this.#remove(consumer, () => consumer.leave()));
    else if (action < 21) this.#pick('crashes', (consumer) => this.#remove(consumer, () => {}));
    else if (action < 26) this.#pick('subscribes anew', (one) => one.subscribe(this.#subscription(one)));
    else if (action < 29) this.#changeTopics();
    else if (action < 33) this.#restartCoordinator();
    else if (action < 36) this.#toggleAppends();
    else this.#pass(1 + this.#random.nextInteger(3_000));
    this.check();
  }

  /** Nothing goes wrong any more: everything that anyone reads must be read by exactly one. */
  settle(): void {
    this.#isCalm = true;
    this.context.appendError = null;
    for (const consumer of this.consumers) consumer.subscribe({ topics: topicNames });
    for (let elapsedMs = 0; elapsedMs < 200_000; elapsedMs += 1_000) this.#pass(1_000);
    this.check();
    if (this.consumers.length === 0) return;
    const expected = topicNames.flatMap((name) => {
      const count = this.context.topics.topicByName(name)?.partitionCount ?? 0;
      return Array.from({ length: count }, (_unused, partition) => `${name}-${partition}`);
    });
    const actual = this.consumers.flatMap(({ reads }) => reads).sort();
    if (actual.join() !== expected.sort().join())
      throw new Error(`${actual.join()} are read, and not ${expected.join()}`);
    const restless = this.consumers.filter(({ isSettled }) => !isSettled);
    const state = this.context.machine.group('g')?.state;
    if (restless.length > 0 || state !== 'Stable')
      throw new Error(
        `in state ${state} these did not come to rest: ${restless.map(({ name }) => name).join()}`,
      );
  }

  /** Corner cases 61 and 62: no partition is ever read by two. */
  check(): void {
    const readers = new Map<string, string>();
    for (const { name, reads } of this.consumers)
      for (const partition of reads) {
        const other = readers.get(partition);
        if (other !== undefined) throw new Error(`${partition} is read by ${other} and by ${name}`);
        readers.set(partition, name);
      }
    const group = this.context.machine.group('g');
    if (group === undefined) return;
    this.seen[group.kind]++;
    if (group.kind === 'classic') return;
    for (const [memberId, { current }] of group.members) {
      if (!group.sessions.has(memberId)) throw new Error(`${memberId} has no session`);
      for (const assignment of [current.assigned, current.pendingRevocation])
        for (const [topicId, partitions] of assignment)
          for (const partition of partitions.keys())
            if (group.owner(topicId, partition) !== memberId)
              throw new Error(`${memberId} has a partition that is another's`);
    }
    if (group.targetEpoch > group.epoch) throw new Error('the target is ahead of the group');
  }

  #start(): void {
    if (this.consumers.length >= consumersAtMost) return;
    const name = `c${this.#number++}`;
    const isClassic = this.#population === 'mixed' && this.#chance(50);
    const kind = isClassic ? ClassicConsumer : ModernConsumer;
    this.history.push(`${name} starts (${kind.name})`);
    this.consumers.push(new kind(name, this.#namedTopics(), this.context, this.#chances));
  }

  #subscription(consumer: SimulatedConsumer): Subscription {
    return consumer instanceof ModernConsumer && this.#chance(40) ? { regex: 't[a-b]' } : this.#namedTopics();
  }

  #namedTopics(): Subscription {
    return { topics: topicNames.slice(0, 1 + this.#random.nextInteger(topicNames.length)) };
  }

  #remove(consumer: SimulatedConsumer, how: () => void): void {
    how();
    this.consumers.splice(this.consumers.indexOf(consumer), 1);
  }

  #changeTopics(): void {
    const { topics } = this.context;
    const name = topicNames[this.#random.nextInteger(topicNames.length)]!;
    const known = topics.topicByName(name);
    this.history.push(`${name} ${known === undefined ? 'is created' : 'grows'}`);
    if (known === undefined) topics.create(name, 2);
    else if (known.partitionCount < 8) topics.grow(name, known.partitionCount + 1);
  }

  #restartCoordinator(): void {
    this.history.push('coordinator restarts');
    this.context.restart();
    for (const consumer of this.consumers) consumer.onCoordinatorRestart();
  }

  #toggleAppends(): void {
    const { context } = this;
    context.appendError = context.appendError === null ? ErrorCode.COORDINATOR_NOT_AVAILABLE : null;
    this.history.push(`appends ${context.appendError === null ? 'succeed' : 'fail'}`);
  }

  #pass(ms: number): void {
    this.history.push(`${ms} ms pass`);
    this.context.advance(ms);
    for (const consumer of this.consumers) {
      consumer.tick();
      this.check();
    }
  }

  #pick(what: string, act: (consumer: SimulatedConsumer) => void): void {
    const consumer = this.consumers[this.#random.nextInteger(Math.max(1, this.consumers.length))];
    if (consumer === undefined) return;
    this.history.push(`${consumer.name} ${what}`);
    act(consumer);
  }

  #chance(percent: number): boolean {
    return this.#random.nextInteger(100) < percent;
  }
}
