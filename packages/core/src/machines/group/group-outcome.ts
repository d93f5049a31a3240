// Decides the timers and failures that the group machine's outcomes speak of.
import { Outcome } from '../coordinator/outcome.js';
import type { ClassicMember } from './classic-member.js';
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
  | { readonly kind: 'offset-expiry' };

/** Soft state that must be taken back when records could not be appended. */
export type GroupAppendFailure =
  | { readonly kind: 'new-group'; readonly groupId: string }
  | { readonly kind: 'assignment'; readonly groupId: string; readonly generation: number }
  | { readonly kind: 'static-member'; readonly groupId: string; readonly previous: ClassicMember };

export class GroupOutcome extends Outcome<GroupRecord, GroupTimerEvent, GroupAppendFailure> {}

/** The timers of a group, by key. The length keeps keys of different groups apart whatever the ids contain. */
export const groupTimerKey = {
  session: (groupId: string, memberId: string): string => `session/${groupId.length}/${groupId}/${memberId}`,
  /** Both the initial delay and the join phase: a group has at most one of them. */
  join: (groupId: string): string => `join/${groupId}`,
  sync: (groupId: string): string => `sync/${groupId}`,
  offsetExpiry: 'offset-expiry',
};
