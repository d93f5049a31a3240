// Decides what the coordinator knows of one member of a classic group.
import type { JoinGroupResponseInput } from '../../protocol/messages/11-join-group.js';
import type { SyncGroupResponseInput } from '../../protocol/messages/14-sync-group.js';
import type { Ticket } from '../coordinator/outcome.js';
import type { PersistedMember } from './group-record.js';
import type { MemberProtocol } from './member-protocol.js';

export const emptyBytes = Buffer.alloc(0);

export interface MemberIdentity {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
}

export class ClassicMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  protocols: readonly MemberProtocol[];
  assignment: Buffer = emptyBytes;

  // Soft state: the open requests of the member, lost at restart.
  awaitingJoin: Ticket<JoinGroupResponseInput> | null = null;
  awaitingSync: Ticket<SyncGroupResponseInput> | null = null;
  /** The member has not yet seen a join phase complete. */
  isNew = false;

  constructor(
    identity: MemberIdentity,
    timeouts: { readonly rebalanceTimeoutMs: number; readonly sessionTimeoutMs: number },
    protocols: readonly MemberProtocol[],
  ) {
    this.memberId = identity.memberId;
    this.groupInstanceId = identity.groupInstanceId;
    this.clientId = identity.clientId;
    this.clientHost = identity.clientHost;
    this.rebalanceTimeoutMs = timeouts.rebalanceTimeoutMs;
    this.sessionTimeoutMs = timeouts.sessionTimeoutMs;
    this.protocols = protocols;
  }

  static fromRecord(record: PersistedMember, protocol: string): ClassicMember {
    const member = new ClassicMember(record, record, [{ name: protocol, metadata: record.subscription }]);
    member.assignment = record.assignment;
    return member;
  }

  /** The member's metadata for a protocol; empty when it does not offer it. */
  metadata(protocol: string | null): Buffer {
    return this.protocols.find((offered) => offered.name === protocol)?.metadata ?? emptyBytes;
  }

  /** The first of the candidates in the member's order of preference (C7). */
  vote(candidates: ReadonlySet<string>): string | null {
    return this.protocols.find((offered) => candidates.has(offered.name))?.name ?? null;
  }

  /** Whether the protocols offered are those already known, in the same order (C9). */
  offersSame(protocols: readonly MemberProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every((protocol, index) => {
        const known = this.protocols[index];
        return (
          known !== undefined && known.name === protocol.name && known.metadata.equals(protocol.metadata)
        );
      })
    );
  }

  /** A member that waits for the coordinator cannot be late itself (C10). */
  get isWaitingForCoordinator(): boolean {
    return !this.isNew && (this.awaitingJoin !== null || this.awaitingSync !== null);
  }
}
