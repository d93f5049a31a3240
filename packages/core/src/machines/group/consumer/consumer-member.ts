// Decides what the coordinator knows of one member of a consumer group (KIP-848).
import type { MemberProtocol } from '../member-protocol.js';
import { nothingOwned, type OwnedPartitions } from './assignment.js';

/** How a member of the classic protocol takes part in a consumer group (C25). */
export interface ClassicParticipation {
  readonly sessionTimeoutMs: number;
  /** The first is the one that the member is told to use. */
  readonly protocols: readonly MemberProtocol[];
}

/** What a member says of itself. */
export interface MemberMetadata {
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** Sorted, each once. */
  readonly subscribedTopicNames: readonly string[];
  /** Empty when the member subscribes by no expression. */
  readonly subscribedTopicRegex: string;
  readonly rebalanceTimeoutMs: number;
  readonly serverAssignor: string | null;
  /** Null for a member of the consumer protocol. */
  readonly classic: ClassicParticipation | null;
}

/** `unknown` is a state that a newer coordinator wrote. */
export type MemberState = 'stable' | 'unrevoked-partitions' | 'unreleased-partitions' | 'unknown';

/** Where a member stands on its way to the target assignment (C21). */
export interface CurrentAssignment {
  readonly memberEpoch: number;
  /** The epoch the member last showed before this one: it comes back with it when the reply was lost (C20). */
  readonly previousMemberEpoch: number;
  readonly state: MemberState;
  readonly assigned: OwnedPartitions;
  /** What the member must give up before it moves on. */
  readonly pendingRevocation: OwnedPartitions;
}

export interface ConsumerMember {
  readonly memberId: string;
  readonly metadata: MemberMetadata;
  readonly current: CurrentAssignment;
}

export const noAssignmentYet: CurrentAssignment = {
  memberEpoch: 0,
  previousMemberEpoch: 0,
  state: 'stable',
  assigned: nothingOwned,
  pendingRevocation: nothingOwned,
};

export const unknownMetadata: MemberMetadata = {
  instanceId: null,
  rackId: null,
  clientId: '',
  clientHost: '',
  subscribedTopicNames: [],
  subscribedTopicRegex: '',
  rebalanceTimeoutMs: -1,
  serverAssignor: null,
  classic: null,
};

/** The member's regular expression, or null when it has none. */
export function regexOf({ subscribedTopicRegex: regex }: MemberMetadata): string | null {
  return regex === '' ? null : regex;
}

export function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((name, index) => name === other[index]));
}

export function sameMetadata(one: MemberMetadata, other: MemberMetadata): boolean {
  return (
    one.instanceId === other.instanceId &&
    one.rackId === other.rackId &&
    one.clientId === other.clientId &&
    one.clientHost === other.clientHost &&
    sameNames(one.subscribedTopicNames, other.subscribedTopicNames) &&
    one.subscribedTopicRegex === other.subscribedTopicRegex &&
    one.rebalanceTimeoutMs === other.rebalanceTimeoutMs &&
    one.serverAssignor === other.serverAssignor &&
    sameParticipation(one.classic, other.classic)
  );
}

function sameParticipation(one: ClassicParticipation | null, other: ClassicParticipation | null): boolean {
  if (one === null || other === null) return one === other;
  return (
    one.sessionTimeoutMs === other.sessionTimeoutMs &&
    one.protocols.length === other.protocols.length &&
    one.protocols.every((protocol, index) => {
      const known = other.protocols[index];
      return known?.name === protocol.name && known.metadata.equals(protocol.metadata);
    })
  );
}
