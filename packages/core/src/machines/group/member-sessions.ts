// Decides when a member of a group, or an id handed out to one, is believed gone (C5, C10, C21).
import type { Instant } from '../coordinator/outcome.js';
import { groupTimerKey, type GroupOutcome } from './group-outcome.js';
import type { Session } from './session.js';

/** A group, of either kind, with the sessions of its members. */
export interface SessionHolder {
  readonly groupId: string;
  readonly sessions: Map<string, Session>;
}

/**
 * Renews a session. A heartbeat only moves the deadline; the timer stays where it is, and when it fires too early it is set
 * again, so that one session costs one timer per timeout and not one per heartbeat.
 */
export function renewSession(
  group: SessionHolder,
  memberId: string,
  timeoutMs: number,
  now: Instant,
  outcome: GroupOutcome,
): void {
  let session = group.sessions.get(memberId);
  if (session === undefined) {
    session = { deadlineMs: 0, timerAtMs: null };
    group.sessions.set(memberId, session);
  }
  session.deadlineMs = now.monotonicMs + timeoutMs;
  if (session.timerAtMs !== null && session.timerAtMs <= session.deadlineMs) return;
  session.timerAtMs = session.deadlineMs;
  outcome.setTimer(groupTimerKey.session(group.groupId, memberId), timeoutMs, {
    kind: 'session',
    groupId: group.groupId,
    memberId,
  });
}

export function endSession(group: SessionHolder, memberId: string, outcome: GroupOutcome): void {
  const session = group.sessions.get(memberId);
  if (session === undefined) return;
  group.sessions.delete(memberId);
  if (session.timerAtMs !== null) outcome.cancelTimer(groupTimerKey.session(group.groupId, memberId));
}

/** The session's timer fired: true when the session is over; otherwise the timer is set again for what remains. */
export function sessionIsOver(
  group: SessionHolder,
  memberId: string,
  now: Instant,
  outcome: GroupOutcome,
): boolean {
  const session = group.sessions.get(memberId);
  if (session === undefined) return false;
  session.timerAtMs = null;
  if (session.deadlineMs <= now.monotonicMs) return true;
  renewSession(group, memberId, session.deadlineMs - now.monotonicMs, now, outcome);
  return false;
}
