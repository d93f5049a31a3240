// Decides the timers and failures that the group machine's outcomes speak of.
import { Outcome } from '../coordinator/outcome.js';
import type { ClassicMember } from './classic-member.js';
import type { ConsumerGroup } from './consumer/consumer-group.js';
import type { GroupRecord } from './group-record.js';

/** A timer firing, told to the machine as one more request. */
export type GroupTimerEvent =
  | { readonly kind: 'session'; readonly groupId: string; readonly memberId: string }
  | {
      readonly kind: 'initial-join';
      readonly groupId: string;
      readonly delayMs: number;
      readonly remainingMs: number;
    }
  | { readonly kind: 'join'; readonly groupId: string }
  | { readonly kind: 'sync'; readonly groupId: string; readonly generation: number }
  | { readonly kind: 'offset-expiry' }
  /** A consumer-group member is to have given up partitions by now (C21). */
  | {
      readonly kind: 'revocation';
      readonly groupId: string;
      readonly memberId: string;
      readonly memberEpoch: number;
    }
  /** A member of the classic protocol is to have joined, or synced, a consumer group by now (C25). */
  | { readonly kind: 'member-join'; readonly groupId: string; readonly memberId: string }
  | { readonly kind: 'member-sync'; readonly groupId: string; readonly memberId: string }
  /** Regular expressions are to be looked up (C26). */
  | { readonly kind: 'regexes'; readonly groupId: string }
  /** A consumer group has become a classic one (C25). */
  | { readonly kind: 'downgraded'; readonly groupId: string; readonly cause: DowngradeCause };

/** A group whose member left must rebalance; one that was replaced left its assignment to the next. */
export type DowngradeCause = 'member-left' | 'member-replaced';

/** Soft state that must be taken back when records could not be appended. */
export type GroupAppendFailure =
  /** `previous` is the empty consumer group that stood there. */
  | { readonly kind: 'new-group'; readonly groupId: string; readonly previous: ConsumerGroup | null }
  | { readonly kind: 'new-consumer-group'; readonly groupId: string }
  /** What a timer of a consumer group led to. */
  | { readonly kind: 'timer'; readonly groupId: string; readonly event: GroupTimerEvent }
  | { readonly kind: 'assignment'; readonly groupId: string; readonly generation: number }
  | { readonly kind: 'static-member'; readonly groupId: string; readonly previous: ClassicMember };

export class GroupOutcome extends Outcome<GroupRecord, GroupTimerEvent, GroupAppendFailure> {}

/** The timers of a group, by key. The length keeps keys of different groups apart whatever the ids contain. */
export const groupTimerKey = {
  session: (groupId: string, memberId: string): string => `session/${groupId.length}/${groupId}/${memberId}`,
  /** Both the initial delay and the join phase: a group has at most one of them. */
  join: (groupId: string): string => `join/${groupId}`,
  sync: (groupId: string): string => `sync/${groupId}`,
  revocation: (groupId: string, memberId: string): string =>
    `revocation/${groupId.length}/${groupId}/${memberId}`,
  memberJoin: (groupId: string, memberId: string): string =>
    `member-join/${groupId.length}/${groupId}/${memberId}`,
  memberSync: (groupId: string, memberId: string): string =>
    `member-sync/${groupId.length}/${groupId}/${memberId}`,
  regexes: (groupId: string): string => `regexes/${groupId}`,
  downgraded: (groupId: string): string => `downgraded/${groupId}`,
  offsetExpiry: 'offset-expiry',
};

/** How long what a timer led to waits for its next try when it could not be stored; as in Kafka. */
export const timerRetryMs = 500;

/** The key under which an event's timer is set. */
export function timerKeyOf(event: GroupTimerEvent): string {
  switch (event.kind) {
    case 'session':
      return groupTimerKey.session(event.groupId, event.memberId);
    case 'revocation':
      return groupTimerKey.revocation(event.groupId, event.memberId);
    case 'member-join':
      return groupTimerKey.memberJoin(event.groupId, event.memberId);
    case 'member-sync':
      return groupTimerKey.memberSync(event.groupId, event.memberId);
    case 'regexes':
      return groupTimerKey.regexes(event.groupId);
    case 'downgraded':
      return groupTimerKey.downgraded(event.groupId);
    case 'initial-join':
    case 'join':
      return groupTimerKey.join(event.groupId);
    case 'sync':
      return groupTimerKey.sync(event.groupId);
    case 'offset-expiry':
      return groupTimerKey.offsetExpiry;
  }
}
