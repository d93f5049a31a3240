// Decides what is known of how long a member is believed alive.

/** Until when a member, or an id handed out, is believed alive, and for when its timer is set. */
export interface Session {
  deadlineMs: number;
  /** Null when no timer is set. The timer may lie before the deadline: it is then set again when it fires. */
  timerAtMs: number | null;
}
