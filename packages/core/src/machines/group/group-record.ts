// Decides the records that make up the group coordinator's hard state, as the machine sees them.
import type { ConsumerGroupRecord } from './consumer/consumer-group-record.js';

/** A committed offset as it lies in the log. */
export interface OffsetValue {
  readonly offset: number;
  /** -1 when the client named none. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly commitTimestampMs: number;
  /** -1 when the offset expires by the broker's retention. */
  readonly expireTimestampMs: number;
}

/** One member of a persisted generation. */
export interface PersistedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly subscription: Buffer;
  readonly assignment: Buffer;
}

/** The last persisted generation of a classic group. */
export interface GroupValue {
  /** Empty for a group that never had a member. */
  readonly protocolType: string;
  readonly generation: number;
  readonly protocol: string | null;
  readonly leader: string | null;
  /** -1 when unknown. */
  readonly currentStateTimestampMs: number;
  readonly members: readonly PersistedMember[];
}

/** A record of `__consumer_offsets`; a null value is a tombstone. */
export type GroupRecord =
  | {
      readonly kind: 'offset';
      readonly groupId: string;
      readonly topic: string;
      readonly partition: number;
      readonly value: OffsetValue | null;
    }
  | { readonly kind: 'group'; readonly groupId: string; readonly value: GroupValue | null }
  | ConsumerGroupRecord;
