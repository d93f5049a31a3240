// Decides which fetch sessions there are: who gets one, who loses one, and which request belongs to which (F7, KIP-227).
import { ErrorCode } from '../../protocol/errors.js';
import type { Random } from '../../ports/random.js';
import {
  FetchSession,
  nextSessionEpoch,
  type PartitionAnswer,
  type PartitionName,
  type RequestedPartition,
} from './fetch-session.js';

/** The id of no session. */
export const noSession = 0;
const initialEpoch = 0;
const finalEpoch = -1;
const mostSessionIds = 0x7fff_fffe;

export interface FetchSessionLimits {
  /** `max.incremental.fetch.session.cache.slots`. */
  readonly slots: number;
  /** A session that was not used for so long may go for any new one, and a younger one than that for no consumer's. */
  readonly evictionMs: number;
  /** Partitions in all sessions together. */
  readonly partitions: number;
}

export const defaultFetchSessionLimits: FetchSessionLimits = {
  slots: 1_000,
  evictionMs: 120_000,
  partitions: 1_000_000,
};

/** What a Fetch request says about its session. */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly usesTopicIds: boolean;
  readonly requested: readonly RequestedPartition[];
  readonly forgotten: readonly PartitionName[];
}

/** How a request is to be answered. */
export type FetchContext =
  | { readonly kind: 'refused'; readonly errorCode: number }
  /** Every partition is answered; `mayHaveSession`: the reply may begin a session. */
  | {
      readonly kind: 'full';
      readonly requested: readonly RequestedPartition[];
      readonly mayHaveSession: boolean;
    }
  /** What is news is answered, unless the session's epoch is no longer this one when the reply is made. */
  | { readonly kind: 'incremental'; readonly session: FetchSession; readonly epoch: number };

export interface NewSession {
  readonly isPrivileged: boolean;
  readonly usesTopicIds: boolean;
  readonly partitions: readonly { readonly request: RequestedPartition; readonly answer: PartitionAnswer }[];
}

/** Soft state: a client whose session is gone begins a new one, and loses nothing. */
export class FetchSessions {
  /** The one that was not used for the longest time first. */
  readonly #sessions = new Map<number, FetchSession>();
  #partitionCount = 0;

  constructor(
    private readonly random: Random,
    private readonly limits: FetchSessionLimits = defaultFetchSessionLimits,
  ) {}

  get size(): number {
    return this.#sessions.size;
  }

  /** Partitions of all sessions. */
  get partitionCount(): number {
    return this.#partitionCount;
  }

  begin(request: SessionRequest, nowMs: number): FetchContext {
    const { sessionId, sessionEpoch, requested } = request;
    if (sessionEpoch === initialEpoch || sessionEpoch === finalEpoch) {
      const replaced = this.#sessions.get(sessionId);
      if (replaced !== undefined) this.#remove(replaced);
      return { kind: 'full', requested, mayHaveSession: sessionEpoch === initialEpoch };
    }
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return { kind: 'refused', errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
    if (session.epoch !== sessionEpoch)
      return { kind: 'refused', errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH };
    if (session.usesTopicIds !== request.usesTopicIds)
      return { kind: 'refused', errorCode: ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR };
    return this.#continue(session, request, nowMs);
  }

  /** The id of a new session, or of none where there is no room and none that may go. */
  create(wanted: NewSession, nowMs: number): number {
    const { isPrivileged, usesTopicIds, partitions } = wanted;
    const size = partitions.length;
    if (this.limits.slots <= 0 || this.#partitionCount + size > this.limits.partitions) return noSession;
    if (this.#sessions.size >= this.limits.slots && !this.#evictFor(isPrivileged, size, nowMs))
      return noSession;
    const session = new FetchSession({ id: this.#newId(), isPrivileged, usesTopicIds, nowMs });
    session.update(
      partitions.map(({ request }) => request),
      [],
    );
    this.#sessions.set(session.id, session);
    this.#partitionCount += session.size;
    let at = 0;
    for (const partition of session.partitions()) {
      const answer = partitions[at++]?.answer;
      if (answer !== undefined) partition.tell(answer);
    }
    return session.id;
  }

  #continue(session: FetchSession, request: SessionRequest, nowMs: number): FetchContext {
    const sizeBefore = session.size;
    session.update(request.requested, request.forgotten);
    this.#partitionCount += session.size - sizeBefore;
    if (this.#partitionCount > this.limits.partitions && session.size > sizeBefore) {
      this.#remove(session);
      return { kind: 'refused', errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND };
    }
    if (session.size === 0) {
      this.#remove(session);
      return { kind: 'full', requested: request.requested, mayHaveSession: false };
    }
    session.lastUsedMs = nowMs;
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
    session.epoch = nextSessionEpoch(session.epoch);
    return { kind: 'incremental', session, epoch: session.epoch };
  }

  #remove(session: FetchSession): void {
    if (this.#sessions.delete(session.id)) this.#partitionCount -= session.size;
  }

  /** A stale session goes first; otherwise the least valuable of those that may go, if the new one is worth more. */
  #evictFor(isPrivileged: boolean, size: number, nowMs: number): boolean {
    const oldest = this.#sessions.values().next().value;
    if (oldest === undefined) return false;
    let victim = oldest;
    if (nowMs - oldest.lastUsedMs <= this.limits.evictionMs) {
      const least = this.#leastValuable(isPrivileged);
      if (least === null || !isWorthMore(isPrivileged, size, least)) return false;
      victim = least;
    }
    this.#remove(victim);
    return true;
  }

  /** Replicas may take any consumer's session; besides, only sessions that have lived for a while may go. */
  #leastValuable(isPrivileged: boolean): FetchSession | null {
    let least: FetchSession | null = null;
    for (const session of this.#sessions.values()) {
      const hasLived = session.lastUsedMs - session.createdMs > this.limits.evictionMs;
      if (!hasLived && !(isPrivileged && !session.isPrivileged)) continue;
      if (least === null || isWorthMore(least.isPrivileged, least.size, session)) least = session;
    }
    return least;
  }

  #newId(): number {
    for (;;) {
      const id = this.random.nextInteger(mostSessionIds) + 1;
      if (!this.#sessions.has(id)) return id;
    }
  }
}

function isWorthMore(isPrivileged: boolean, size: number, than: FetchSession): boolean {
  if (isPrivileged !== than.isPrivileged) return isPrivileged;
  return size > than.size;
}
