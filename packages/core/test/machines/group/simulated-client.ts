// Decides how a simulated consumer behaves: it joins, syncs, heartbeats and commits, and loses replies when chance says so.
import { ErrorCode } from '../../../src/protocol/errors.js';
import type { JoinGroupResponseInput } from '../../../src/protocol/messages/11-join-group.js';
import type { SyncGroupResponseInput } from '../../../src/protocol/messages/14-sync-group.js';
import type { Call, ReplayingContext } from './replaying-context.js';

/** What the whole simulation knows, and the clients add to. */
export interface SimulationLedger {
  /** Counts restarts of the coordinator: generations may repeat after one. */
  readonly era: () => number;
  readonly losesReply: () => boolean;
  /** Leaders told, by era and generation. */
  readonly leaders: Map<string, string>;
  violation(message: string): never;
}

type Phase =
  | { readonly kind: 'out' }
  | { readonly kind: 'joining'; readonly call: Call<JoinGroupResponseInput> }
  | { readonly kind: 'syncing'; readonly call: Call<SyncGroupResponseInput>; readonly generation: number }
  | { readonly kind: 'member'; readonly generation: number; readonly assignment: string };

export class SimulatedClient {
  readonly name: string;
  readonly instanceId: string | null;
  memberId = '';
  phase: Phase = { kind: 'out' };
  /** The era in which the client last knew to be a member of a persisted or living group. */
  #memberEra = -1;
  #metadata = 0;
  readonly #context: ReplayingContext;
  readonly #ledger: SimulationLedger;

  constructor(name: string, isStatic: boolean, context: ReplayingContext, ledger: SimulationLedger) {
    this.name = name;
    this.instanceId = isStatic ? `instance-${name}` : null;
    this.#context = context;
    this.#ledger = ledger;
  }

  /** Does what a consumer does in between: takes replies, heartbeats, comes back when told to. */
  tick(): void {
    switch (this.phase.kind) {
      case 'out':
        this.join();
        break;
      case 'joining':
        this.#takeJoinReply(this.phase.call);
        break;
      case 'syncing':
        this.#takeSyncReply(this.phase.call, this.phase.generation);
        break;
      case 'member':
        this.#heartbeat(this.phase.generation);
        break;
    }
  }

  join(): void {
    const call = this.#context.join({
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
      clientId: this.name,
      protocols: [
        { name: 'range', metadata: Buffer.from(`${this.name}/${this.#metadata}`) },
        { name: 'sticky', metadata: Buffer.from(this.name) },
      ],
    });
    this.phase = { kind: 'joining', call };
  }

  /** A new subscription makes the client join again. */
  changeSubscription(): void {
    this.#metadata++;
    if (this.phase.kind === 'member') this.join();
  }

  leave(): void {
    if (this.memberId !== '' && this.instanceId === null) this.#context.leave({ memberId: this.memberId });
    this.forget();
  }

  /** The process restarts: nothing is remembered, but the instance id. */
  forget(): void {
    this.memberId = '';
    this.#memberEra = -1;
    this.phase = { kind: 'out' };
  }

  commit(partition: number, offset: number): 'acknowledged' | 'refused' {
    if (this.phase.kind !== 'member') return 'refused';
    const call = this.#context.commit({
      memberId: this.memberId,
      generation: this.phase.generation,
      groupInstanceId: this.instanceId,
      offsets: [{ topic: 't', partition, offset, leaderEpoch: -1, metadata: '' }],
    });
    if (call.body?.kind !== 'done') return 'refused';
    return call.body.errorCodes[0] === ErrorCode.NONE ? 'acknowledged' : 'refused';
  }

  /** The coordinator restarted: open requests never get an answer. */
  onCoordinatorRestart(): void {
    if (this.phase.kind === 'joining' || this.phase.kind === 'syncing') this.phase = { kind: 'out' };
  }

  #takeJoinReply(call: Call<JoinGroupResponseInput>): void {
    if (call.isOpen) return;
    this.phase = { kind: 'out' };
    if (call.failedWith !== undefined) {
      // An append failed: a new group is gone with its members, any other one stands.
      if (this.#memberEra < 0) this.memberId = '';
      return;
    }
    if (this.#ledger.losesReply()) return;
    const { reply } = call;
    switch (reply.errorCode) {
      case ErrorCode.MEMBER_ID_REQUIRED:
        this.memberId = reply.memberId;
        this.join();
        break;
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.FENCED_INSTANCE_ID:
        this.#dismissed('join');
        break;
      case ErrorCode.REBALANCE_IN_PROGRESS:
      case ErrorCode.COORDINATOR_NOT_AVAILABLE:
        break;
      case ErrorCode.NONE:
        this.#sync(reply);
        break;
      default:
        this.#ledger.violation(`${this.name} joins and gets error ${reply.errorCode}`);
    }
  }

  #sync(reply: JoinGroupResponseInput): void {
    const generation = reply.generationId ?? -1;
    this.memberId = reply.memberId;
    this.#memberEra = this.#ledger.era();
    const leads = reply.leader === reply.memberId;
    if (leads) {
      const key = `${this.#memberEra}/${generation}`;
      const other = this.#ledger.leaders.get(key);
      if (other !== undefined && other !== this.name)
        this.#ledger.violation(`generation ${generation} has two leaders, ${other} and ${this.name}`);
      this.#ledger.leaders.set(key, this.name);
    }
    const assignments = reply.skipAssignment
      ? []
      : reply.members.map(({ memberId, metadata }) => ({
          memberId,
          assignment: Buffer.from(`${generation}:${metadata.toString().split('/')[0]}`),
        }));
    const call = this.#context.sync({
      memberId: this.memberId,
      generationId: generation,
      groupInstanceId: this.instanceId,
      protocolType: 'consumer',
      protocolName: reply.protocolName,
      assignments,
    });
    this.phase = { kind: 'syncing', call, generation };
  }

  #takeSyncReply(call: Call<SyncGroupResponseInput>, generation: number): void {
    if (call.isOpen) return;
    this.phase = { kind: 'out' };
    if (call.failedWith !== undefined || this.#ledger.losesReply()) return;
    const { reply } = call;
    if (reply.errorCode === ErrorCode.UNKNOWN_MEMBER_ID || reply.errorCode === ErrorCode.FENCED_INSTANCE_ID)
      this.#dismissed('sync');
    if (reply.errorCode !== ErrorCode.NONE) return;
    const assignment = reply.assignment.toString();
    if (assignment !== `${generation}:${this.name}`)
      this.#ledger.violation(`${this.name} of generation ${generation} got the assignment ${assignment}`);
    this.phase = { kind: 'member', generation, assignment };
  }

  #heartbeat(generation: number): void {
    const errorCode = this.#context.heartbeat(this.memberId, generation, {
      groupInstanceId: this.instanceId,
    });
    switch (errorCode) {
      case ErrorCode.NONE:
        break;
      case ErrorCode.REBALANCE_IN_PROGRESS:
      case ErrorCode.ILLEGAL_GENERATION:
        this.join();
        break;
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.FENCED_INSTANCE_ID:
        this.#dismissed('heartbeat');
        break;
      default:
        this.#ledger.violation(`${this.name} heartbeats and gets error ${errorCode}`);
    }
  }

  /** A client that never stopped to heartbeat may be unknown or fenced only where the coordinator lost its soft state. */
  #dismissed(request: string): void {
    const since = this.#memberEra;
    this.forget();
    if (since === this.#ledger.era())
      this.#ledger.violation(`${this.name} was diligent, yet its ${request} finds it expired`);
  }
}
