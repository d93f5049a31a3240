// Decides the seeded life of a group: what its clients do, what goes wrong, and what must hold after every step.
import { createSeededRandom } from '../../../src/io/memory/seeded-random.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import { ReplayingContext } from './replaying-context.js';
import { SimulatedClient, type SimulationLedger } from './simulated-client.js';

const clientsAtMost = 7;
const partitions = 4;

/** One life of a group: clients come and go, things go wrong, and after every step what must hold is checked. */
export class GroupSimulation {
  readonly context = new ReplayingContext();
  readonly clients: SimulatedClient[] = [];
  readonly committed = new Map<number, number>();
  readonly #random;
  readonly #ledger: SimulationLedger;
  readonly history: string[] = [];
  #era = 0;
  #isCalm = false;
  #clientNumber = 0;

  constructor(seed: number) {
    this.#random = createSeededRandom(seed);
    this.#ledger = {
      era: () => this.#era,
      losesReply: () => !this.#isCalm && this.#chance(5),
      leaders: new Map(),
      violation: (message) => {
        throw new Error(message);
      },
    };
  }

  step(): void {
    const action = this.#random.nextInteger(100);
    if (action < 12) this.#start();
    else if (action < 16) this.#pick('leaves', (client) => this.#remove(client, () => client.leave()));
    else if (action < 20) this.#pick('crashes', (client) => this.#remove(client, () => {}));
    else if (action < 23) this.#pick('restarts', (client) => client.forget());
    else if (action < 28) this.#pick('subscribes anew', (client) => client.changeSubscription());
    else if (action < 45) this.#commit();
    else if (action < 48) this.#restartCoordinator();
    else if (action < 51) this.#toggleAppends();
    else this.#pass(1 + this.#random.nextInteger(1_500));
    this.check();
  }

  /** Nothing goes wrong any more: the group must come to rest with everyone in it. */
  settle(): void {
    this.#isCalm = true;
    this.context.appendError = null;
    for (let elapsedMs = 0; elapsedMs < 400_000; elapsedMs += 1_000) this.#pass(1_000);
    this.check();
    const group = this.context.group();
    const expected = {
      // Static members that crashed are out when their sessions have ended.
      state: this.clients.length === 0 ? 'Empty' : 'Stable',
      members: this.clients.map(({ memberId }) => memberId).toSorted(),
      generations: this.clients.map(() => group?.generation),
      pendingMembers: 0,
      openCalls: 0,
    };
    const actual = {
      state: group?.state ?? 'Empty',
      members: [...(group?.members.keys() ?? [])].toSorted(),
      generations: this.clients.map(({ phase }) => (phase.kind === 'member' ? phase.generation : null)),
      pendingMembers: group?.pendingMembers.size ?? 0,
      openCalls: this.context.openCalls,
    };
    if (JSON.stringify(actual) !== JSON.stringify(expected))
      this.#ledger.violation(`the group did not come to rest: ${JSON.stringify(actual)}`);
  }

  check(): void {
    const group = this.context.group();
    for (const [partition, offset] of this.committed)
      if (this.context.machine.committedOffset('g', 't', partition)?.value.offset !== offset)
        this.#ledger.violation(`offset ${offset} of partition ${partition} went missing`);
    if (group === undefined) return;
    for (const member of group.members.values()) {
      const waits = member.awaitingJoin !== null || member.awaitingSync !== null;
      if (group.state === 'Stable' && waits)
        this.#ledger.violation(`${member.memberId} waits in a stable group`);
      if (group.state !== 'PreparingRebalance' && member.awaitingJoin !== null)
        this.#ledger.violation(`${member.memberId} waits for a join in ${group.state}`);
      const session = group.sessions.get(member.memberId);
      if (session === undefined) this.#ledger.violation(`${member.memberId} has no session`);
      else if (session.timerAtMs === null && !waits)
        this.#ledger.violation(`nothing watches the session of ${member.memberId}`);
    }
    if (group.state === 'PreparingRebalance' && !this.context.timers.has('join/g'))
      this.#ledger.violation('nothing ends the join phase');
    if (group.sessions.size !== group.members.size + group.pendingMembers.size)
      this.#ledger.violation('sessions and members differ');
    if (group.state === 'Stable' && group.persisted?.generation !== group.generation)
      this.#ledger.violation('a stable generation is not persisted');
  }

  #start(): void {
    if (this.clients.length >= clientsAtMost) return;
    const name = `c${this.#clientNumber++}`;
    const client = new SimulatedClient(name, this.#chance(30), this.context, this.#ledger);
    this.history.push(`${name} starts`);
    this.clients.push(client);
    client.join();
  }

  #remove(client: SimulatedClient, how: () => void): void {
    how();
    this.clients.splice(this.clients.indexOf(client), 1);
  }

  #commit(): void {
    this.#pick('commits', (client) => {
      const partition = this.#random.nextInteger(partitions);
      const offset = (this.committed.get(partition) ?? 0) + 1;
      if (client.commit(partition, offset) === 'acknowledged') this.committed.set(partition, offset);
    });
  }

  #restartCoordinator(): void {
    this.history.push('coordinator restarts');
    this.#era++;
    this.context.restart();
    for (const client of this.clients) client.onCoordinatorRestart();
  }

  #toggleAppends(): void {
    const { context } = this;
    context.appendError = context.appendError === null ? ErrorCode.COORDINATOR_NOT_AVAILABLE : null;
    this.history.push(`appends ${context.appendError === null ? 'succeed' : 'fail'}`);
  }

  #pass(ms: number): void {
    this.history.push(`${ms} ms pass`);
    this.context.advance(ms);
    for (const client of this.clients) client.tick();
  }

  #pick(what: string, act: (client: SimulatedClient) => void): void {
    const client = this.clients[this.#random.nextInteger(Math.max(1, this.clients.length))];
    if (client === undefined) return;
    this.history.push(`${client.name} ${what}`);
    act(client);
  }

  #chance(percent: number): boolean {
    return this.#random.nextInteger(100) < percent;
  }
}
