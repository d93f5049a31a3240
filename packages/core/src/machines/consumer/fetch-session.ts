// Decides what a fetch has to name in a fetch session, where the broker remembers the partitions of the fetch before (KIP-227).
import { zeroUuid } from '../../foundation/uuid.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { FetchRequestInput } from '../../protocol/messages/01-fetch.js';
import type { FetchPlan, PlannedPartition } from './fetch-plan.js';

/** What the broker knows of a partition in the session. */
interface SessionPartition {
  readonly topic: string;
  readonly topicId: string | null;
  readonly partition: number;
  fetchOffset: number;
  leaderEpoch: number;
}

type SessionFields = Pick<FetchRequestInput, 'sessionId' | 'sessionEpoch' | 'topics' | 'forgottenTopicsData'>;

/** The epoch of a fetch that names all its partitions and asks for a session; one that has an id ends with it. */
const fullEpoch = 0;
const maxEpoch = 2 ** 31 - 1;
/** Ends the session. */
const finalEpoch = -1;

/** The session with one broker; its partitions are those of the last plan. */
export class FetchSession {
  #id = 0;
  #epoch = fullEpoch;
  #usesTopicIds = true;
  #partitions = new Map<string, SessionPartition>();

  /** True while the broker remembers partitions. */
  get isIncremental(): boolean {
    return this.#epoch !== fullEpoch;
  }

  /** What the request for a plan says: all of its partitions, or what is new since the request before. */
  begin(plan: FetchPlan, partitionMaxBytes: number): SessionFields {
    const usesTopicIds = plan.versionCap === null;
    // A session has either names or ids (FETCH_SESSION_TOPIC_ID_ERROR).
    if (usesTopicIds !== this.#usesTopicIds) this.#epoch = fullEpoch;
    this.#usesTopicIds = usesTopicIds;
    const before = this.isIncremental ? this.#partitions : new Map<string, SessionPartition>();
    const now = new Map<string, SessionPartition>();
    const changed = new Set<PlannedPartition>();
    const forgotten: SessionPartition[] = [];
    for (const planned of plan.partitions) {
      const { key, topic, partition } = planned.state;
      const { fetchOffset, leaderEpoch, topicId } = planned;
      const known = before.get(key);
      if (known !== undefined && known.topicId === topicId) {
        if (known.fetchOffset !== fetchOffset || known.leaderEpoch !== leaderEpoch) changed.add(planned);
        known.fetchOffset = fetchOffset;
        known.leaderEpoch = leaderEpoch;
        now.set(key, known);
      } else {
        if (known !== undefined) forgotten.push(known);
        changed.add(planned);
        now.set(key, { topic, topicId, partition, fetchOffset, leaderEpoch });
      }
    }
    for (const [key, known] of before) if (!now.has(key)) forgotten.push(known);
    this.#partitions = now;
    return {
      sessionId: this.#id,
      sessionEpoch: this.#epoch,
      topics: plan.topics(partitionMaxBytes, changed),
      forgottenTopicsData: byTopic(forgotten),
    };
  }

  /** Takes the head of the answer; `again`: the broker forgot the session, the same fetch is to be made anew at once. */
  handleResponse(errorCode: number, sessionId: number): 'taken' | 'again' | 'failed' {
    if (errorCode !== ErrorCode.NONE) {
      const wasIncremental = this.isIncremental;
      if (errorCode === ErrorCode.FETCH_SESSION_ID_NOT_FOUND) this.#id = 0;
      this.#epoch = fullEpoch;
      return wasIncremental && isSessionError(errorCode) ? 'again' : 'failed';
    }
    if (sessionId === 0) {
      // The broker keeps no session for us, or ended it: its cache may be full.
      this.#id = 0;
      this.#epoch = fullEpoch;
    } else if (this.isIncremental && sessionId === this.#id) {
      this.#epoch = this.#epoch === maxEpoch ? 1 : this.#epoch + 1;
    } else {
      this.#id = sessionId;
      this.#epoch = 1;
    }
    return 'taken';
  }

  /** What the last fetch says, which ends the session; null when the broker keeps none. */
  end(): SessionFields | null {
    const sessionId = this.#id;
    this.#id = 0;
    this.#epoch = fullEpoch;
    return sessionId === 0
      ? null
      : { sessionId, sessionEpoch: finalEpoch, topics: [], forgottenTopicsData: [] };
  }

  /** The answer was lost: what the broker remembers is not known, so the next fetch ends this session and begins another. */
  handleFailure(): void {
    this.#epoch = fullEpoch;
  }
}

function isSessionError(errorCode: number): boolean {
  return (
    errorCode === ErrorCode.FETCH_SESSION_ID_NOT_FOUND ||
    errorCode === ErrorCode.INVALID_FETCH_SESSION_EPOCH ||
    errorCode === ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR
  );
}

function byTopic(forgotten: readonly SessionPartition[]): SessionFields['forgottenTopicsData'] {
  const topics = new Map<string, { topic: string; topicId: string; partitions: number[] }>();
  for (const { topic, topicId, partition } of forgotten) {
    const key = topicId ?? topic;
    let found = topics.get(key);
    if (found === undefined)
      topics.set(key, (found = { topic, topicId: topicId ?? zeroUuid, partitions: [] }));
    found.partitions.push(partition);
  }
  return [...topics.values()];
}
