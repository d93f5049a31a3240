// Decides what a consumer needs of its membership in a group, whichever protocol the group speaks.
import type { SubscriptionState } from '../../machines/consumer/subscription-state.js';
import type { Metadata } from '../metadata.js';
import type { ConnectionPorts } from '../node-connection.js';
import type { ConsumerSettings } from './consumer-options.js';
import type { GroupCoordinatorClient } from './group-coordinator-client.js';
import type { RebalanceListener } from './rebalance-listener.js';

export interface ConsumerGroupOptions {
  readonly settings: ConsumerSettings;
  readonly groupId: string;
  readonly subscription: SubscriptionState;
  readonly coordinator: GroupCoordinatorClient;
  readonly metadata: Metadata;
  readonly ports: ConnectionPorts;
  /** Asks for these topics too, beside those subscribed to by name. */
  readonly followTopics: (topics: readonly string[]) => void;
  /** Commits positions before partitions go, in one try; called only when they may still be committed. */
  readonly beforeRevocation: (timeoutMs: number) => Promise<void>;
  /** The same, where the group waits for the partitions: tries until it succeeds or the time is over. */
  readonly beforeReconciliation: (timeoutMs: number) => Promise<void>;
  /** The assignment changed: positions are to be looked up, fetches to be sent. */
  readonly onAssignmentChange: () => void;
  /** A waiting poll has something to look at. */
  readonly onProgress: () => void;
}

/** In whose name offsets are committed. */
export interface CommitIdentity {
  readonly memberId: string;
  /** The generation, or under the consumer protocol the member epoch. */
  readonly generationId: number;
  /** Another one after the member was thrown out and came back; always 0 in classic groups, whose generations tell. */
  readonly life: number;
}

/** `rebalancing`: the same commit may succeed after a poll; `gone`: the group has gone on without this member. */
export type CommitStanding =
  | { readonly kind: 'member'; readonly identity: CommitIdentity }
  | { readonly kind: 'rebalancing' }
  | { readonly kind: 'gone' };

/**
 * Who the member is, or was until the group went on without it: whoever still works on what it was given then must not pass for
 * nobody, whose offsets are taken unchecked (C15). `generationId` is -1 and `memberId` empty before it first joined.
 */
export interface MemberDescription {
  readonly memberId: string;
  readonly generationId: number;
}

/** The calls of one poll come one after the other; commits and heartbeats go on beside them. */
export interface ConsumerGroup {
  listener: RebalanceListener;
  readonly groupInstanceId: string | null;
  readonly member: MemberDescription;
  /** True when `advance` has something to do now. */
  hasWork(nowMs: number): boolean;
  /** When `advance` will have something to do although nothing else happens; null when it will not. */
  nextRetryMs(nowMs: number): number | null;
  handlePoll(nowMs: number): void;
  /** Moves a rebalance on as far as it goes without waiting for the coordinator; awaits listeners. Throws what is fatal. */
  advance(): Promise<void>;
  /** The subscription names other topics now. */
  handleSubscriptionChange(): void;
  handleMetadataUpdate(): void;
  readonly commitStanding: CommitStanding;
  /** Who asks for committed offsets; null where the coordinator need not know. */
  readonly offsetReader: MemberDescription | null;
  /** Takes what a refused commit says of the membership (CC8); true when the same commit may succeed without a poll. */
  handleCommitError(errorCode: number, sentBy: CommitIdentity): boolean;
  /** Gives the partitions up and leaves; never throws for a coordinator that cannot be reached, and takes `timeoutMs` at most. */
  leave(reason: string, timeoutMs: number): Promise<void>;
  /** Stops the timers; nothing is sent any more. */
  stop(): void;
}
