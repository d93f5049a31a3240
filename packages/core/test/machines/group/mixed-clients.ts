// Decides how consumers of both protocols behave in a simulated group: they lose replies, and take their time to give partitions up.
import { ErrorCode } from '../../../src/protocol/errors.js';
import type { JoinGroupResponseInput } from '../../../src/protocol/messages/11-join-group.js';
import type { SyncGroupResponseInput } from '../../../src/protocol/messages/14-sync-group.js';
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../../../src/protocol/messages/consumer-protocol.js';
import { decodeVersioned, encodeVersioned } from '../../../src/protocol/versioned-message.js';
import { ConsumerClient, type Subscription } from './consumer-client.js';
import type { Call, ReplayingContext } from './replaying-context.js';

export interface Chances {
  readonly losesReply: () => boolean;
  readonly isSlow: () => boolean;
  violation(message: string): never;
}

export interface SimulatedConsumer {
  readonly name: string;
  /** What the application reads right now. */
  readonly reads: readonly string[];
  readonly isSettled: boolean;
  tick(): void;
  leave(): void;
  subscribe(subscription: Subscription): void;
  onCoordinatorRestart(): void;
}

/** A member of the consumer protocol. It never fails to heartbeat, so it must never be fenced. */
export class ModernConsumer implements SimulatedConsumer {
  readonly name: string;
  reads: readonly string[] = [];
  readonly #client: ConsumerClient;
  readonly #chances: Chances;

  constructor(name: string, subscription: Subscription, context: ReplayingContext, chances: Chances) {
    this.name = name;
    this.#client = new ConsumerClient(context, name, subscription);
    this.#chances = chances;
  }

  get isSettled(): boolean {
    return this.#client.epoch === this.#client.context.consumerGroup().epoch;
  }

  tick(): void {
    const client = this.#client;
    // The application may take a while to let partitions go; until then they are reported as owned.
    if (!this.#chances.isSlow()) this.reads = client.assigned;
    client.owned = [...this.reads];
    const call = client.send();
    if (call.failedWith !== undefined || this.#chances.losesReply()) {
      client.lose();
      return;
    }
    const { errorCode } = client.take(call);
    if (errorCode !== ErrorCode.NONE)
      this.#chances.violation(`${this.name} heartbeats all the time, yet gets error ${errorCode}`);
    // In the worst case it reads what is new before it has let go of what is not its own any more.
    this.reads = [...new Set([...this.reads, ...client.assigned])];
  }

  leave(): void {
    this.reads = [];
    // The reply does not matter: a member whose leave is lost goes when its session ends.
    this.#client.send({ memberEpoch: -1 });
  }

  subscribe(subscription: Subscription): void {
    this.#client.subscription = subscription;
    this.#client.lose();
  }

  onCoordinatorRestart(): void {
    this.#client.lose();
  }
}

type Phase =
  | { readonly kind: 'out' }
  | { readonly kind: 'joining'; readonly call: Call<JoinGroupResponseInput> }
  | { readonly kind: 'syncing'; readonly call: Call<SyncGroupResponseInput>; readonly generation: number }
  | { readonly kind: 'member'; readonly generation: number };

/** A member of the classic protocol with an eager assignor: it gives up everything before it joins. */
export class ClassicConsumer implements SimulatedConsumer {
  readonly name: string;
  reads: readonly string[] = [];
  #memberId = '';
  #phase: Phase = { kind: 'out' };
  #topics: readonly string[];
  #joinedTopics: readonly string[] = [];
  readonly #context: ReplayingContext;
  readonly #chances: Chances;

  constructor(name: string, subscription: Subscription, context: ReplayingContext, chances: Chances) {
    this.name = name;
    this.#topics = subscription.topics ?? [];
    this.#context = context;
    this.#chances = chances;
  }

  get isSettled(): boolean {
    return this.#phase.kind === 'member';
  }

  tick(): void {
    switch (this.#phase.kind) {
      case 'out':
        this.#join();
        break;
      case 'joining':
        this.#takeJoin(this.#phase.call);
        break;
      case 'syncing':
        this.#takeSync(this.#phase.call, this.#phase.generation);
        break;
      case 'member':
        this.#heartbeat(this.#phase.generation);
        break;
    }
  }

  leave(): void {
    this.reads = [];
    if (this.#memberId !== '') this.#context.leave({ memberId: this.#memberId });
  }

  subscribe({ topics }: Subscription): void {
    this.#topics = topics ?? [];
  }

  onCoordinatorRestart(): void {
    if (this.#phase.kind !== 'member') this.#phase = { kind: 'out' };
  }

  #join(): void {
    this.reads = [];
    this.#joinedTopics = this.#topics;
    const subscription = { topics: this.#topics, ownedPartitions: [] };
    const metadata = encodeVersioned(consumerProtocolSubscription, 1, subscription);
    const call = this.#context.join({
      memberId: this.#memberId,
      clientId: this.name,
      protocols: [{ name: 'range', metadata }],
    });
    this.#phase = { kind: 'joining', call };
  }

  #takeJoin(call: Call<JoinGroupResponseInput>): void {
    if (call.isOpen) return;
    this.#phase = { kind: 'out' };
    if (call.failedWith !== undefined || this.#chances.losesReply()) return;
    const { reply } = call;
    if (reply.errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = '';
    if (reply.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = reply.memberId;
      this.#join();
    }
    if (reply.errorCode !== ErrorCode.NONE) return;
    this.#memberId = reply.memberId;
    const generation = reply.generationId ?? -1;
    const sync = this.#context.sync({
      memberId: this.#memberId,
      generationId: generation,
      protocolType: 'consumer',
      protocolName: reply.protocolName,
      assignments: reply.leader === reply.memberId ? this.#assign(reply.members) : [],
    });
    this.#phase = { kind: 'syncing', call: sync, generation };
  }

  /** Each topic's partitions go round its readers. */
  #assign(members: JoinGroupResponseInput['members']): { memberId: string; assignment: Buffer }[] {
    const readers = members.map(({ memberId, metadata }) => ({
      memberId,
      topics: decodeVersioned(consumerProtocolSubscription, metadata, 'refused').topics,
      assigned: new Map<string, number[]>(),
    }));
    for (const topic of new Set(readers.flatMap(({ topics }) => topics))) {
      const interested = readers.filter(({ topics }) => topics.includes(topic));
      const count = this.#context.topics.topicByName(topic)?.partitionCount ?? 0;
      for (let partition = 0; partition < count; partition++) {
        const { assigned } = interested[partition % interested.length]!;
        assigned.set(topic, [...(assigned.get(topic) ?? []), partition]);
      }
    }
    return readers.map(({ memberId, assigned }) => ({
      memberId,
      assignment: encodeVersioned(consumerProtocolAssignment, 1, {
        assignedPartitions: Array.from(assigned, ([topic, partitions]) => ({ topic, partitions })),
      }),
    }));
  }

  #takeSync(call: Call<SyncGroupResponseInput>, generation: number): void {
    if (call.isOpen) return;
    this.#phase = { kind: 'out' };
    if (call.failedWith !== undefined || this.#chances.losesReply()) return;
    const { errorCode, assignment } = call.reply;
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = '';
    if (errorCode !== ErrorCode.NONE) return;
    this.#phase = { kind: 'member', generation };
    if (assignment.length === 0) return;
    const { assignedPartitions } = decodeVersioned(consumerProtocolAssignment, assignment, 'refused');
    this.reads = assignedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => `${topic}-${partition}`),
    );
  }

  #heartbeat(generation: number): void {
    if (this.#joinedTopics !== this.#topics) {
      this.#join();
      return;
    }
    const errorCode = this.#context.heartbeat(this.#memberId, generation);
    if (errorCode === ErrorCode.NONE) return;
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#memberId = '';
    this.#join();
  }
}
