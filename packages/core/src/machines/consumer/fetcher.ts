// Decides what to fetch from which broker, keeps what came until the application polls, and drops what became stale.
import { ErrorCode } from '../../protocol/errors.js';
import type { FetchRequestInput, FetchResponse } from '../../protocol/messages/01-fetch.js';
import type { ClusterView, PartitionLeader } from './cluster-view.js';
import { FetchedChunk, measureChunk, type ChunkOptions, type OpenBatch } from './fetched-chunk.js';
import { FetchPlan, type PlannedPartition } from './fetch-plan.js';
import { FetchSession } from './fetch-session.js';
import type { PartitionState } from './partition-state.js';
import type { SubscriptionState } from './subscription-state.js';

export interface FetcherOptions extends ChunkOptions {
  readonly fetchMinBytes: number;
  readonly fetchMaxBytes: number;
  readonly fetchMaxWaitMs: number;
  readonly maxPartitionFetchBytes: number;
  /** The most bytes fetched ahead of the application, over all partitions. */
  readonly prefetchMaxBytes: number;
  readonly isolation: 'uncommitted' | 'committed';
  readonly clientRack: string;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  readonly metadataMaxAgeMs: number;
}

/** Why a partition cannot go on; told to the application in the order of the records. */
export type FetchFailure =
  | { readonly kind: 'offsetOutOfRange'; readonly state: PartitionState; readonly offset: number }
  | { readonly kind: 'refused'; readonly state: PartitionState; readonly errorCode: number }
  | {
      readonly kind: 'corrupt';
      readonly state: PartitionState;
      readonly offset: number;
      readonly reason: string;
      readonly cause?: unknown;
    };

/** What `next` has for the application. */
export type Ready =
  | { readonly kind: 'batch'; readonly state: PartitionState; readonly batch: OpenBatch }
  | { readonly kind: 'failure'; readonly failure: FetchFailure };

interface QueuedFailure {
  readonly kind: 'failure';
  readonly state: PartitionState;
  readonly incarnation: number;
  readonly failure: FetchFailure;
}

/** How far fetching has come in a partition, ahead of the position. */
interface Progress {
  readonly incarnation: number;
  nextFetchOffset: number;
  bufferedBytes: number;
  /** A failure is queued: fetching waits until the application has met it. */
  failed: boolean;
  retryAtMs: number;
  retries: number;
}

interface NodeBackoff {
  readonly retryAtMs: number;
  readonly retries: number;
}

/** While a partition of the node is full, a long poll for the others ends soon, so that the full one is not forgotten. */
const impatientWaitMs = 100;
/** Fetches that find nothing do not follow one another faster, however little `fetchMaxWaitMs` is. */
const leastIdleMs = 10;

/** Bounds: one fetch in flight per broker, `prefetchMaxBytes` queued (and one batch more), one progress per assigned partition. */
export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #subscription: SubscriptionState;
  readonly #cluster: ClusterView;
  readonly #queue: (FetchedChunk | QueuedFailure)[] = [];
  /** Chunks that the poll under way has handed out whole; the application holds their records anyway. */
  readonly #drained: FetchedChunk[] = [];
  readonly #progress = new Map<PartitionState, Progress>();
  readonly #inFlight = new Map<number, FetchPlan>();
  readonly #nodeBackoff = new Map<number, NodeBackoff>();
  /** By broker; there are as many as the cluster had brokers since the consumer began. */
  readonly #sessions = new Map<number, FetchSession>();
  /** The assigned partitions, those that gave records last at the end, so that a small budget starves none. */
  #turns = new Set<PartitionState>();
  #turnsOf: readonly PartitionState[] = [];
  #bufferedBytes = 0;
  #roomMade = false;

  constructor(options: FetcherOptions, subscription: SubscriptionState, cluster: ClusterView) {
    this.#options = options;
    this.#subscription = subscription;
    this.#cluster = cluster;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** True once after something was handed out completely: there may be room for another fetch. */
  takeRoomMade(): boolean {
    const made = this.#roomMade;
    this.#roomMade = false;
    return made;
  }

  /** The fetches to send now, at most one per broker; each must be answered by `handleResponse` or `handleFailure`. */
  plan(nowMs: number): FetchPlan[] {
    this.#dropStale();
    const plans = new Map<number, FetchPlan>();
    const nodesWithFullPartitions = new Set<number>();
    for (const state of this.#inTurn()) {
      const nodeId = this.#readyNode(state, nowMs);
      if (nodeId === null) continue;
      const progress = this.#progressOf(state);
      if (progress.failed || progress.retryAtMs > nowMs) continue;
      if (progress.bufferedBytes >= this.#options.maxPartitionFetchBytes) {
        nodesWithFullPartitions.add(nodeId);
        continue;
      }
      let plan = plans.get(nodeId);
      if (plan === undefined) plans.set(nodeId, (plan = new FetchPlan(nodeId)));
      const topicId = this.#cluster.topicIdOf(state.topic);
      state.topicId ??= topicId;
      plan.add({
        state,
        incarnation: state.incarnation,
        fetchOffset: progress.nextFetchOffset,
        leaderEpoch: this.#cluster.leaderOf(state.topic, state.partition)?.epoch ?? -1,
        topicId,
      });
    }
    return this.#admit(plans, nodesWithFullPartitions);
  }

  /** When `plan` may have something new to say although nothing else happens; null when it will not. */
  nextRetryMs(nowMs: number): number | null {
    let next: number | null = null;
    for (const progress of this.#progress.values()) next = earlier(next, progress.retryAtMs, nowMs);
    for (const backoff of this.#nodeBackoff.values()) next = earlier(next, backoff.retryAtMs, nowMs);
    return next;
  }

  /** True when the metadata turned out to be out of date. */
  handleResponse(plan: FetchPlan, response: FetchResponse, nowMs: number): boolean {
    this.#inFlight.delete(plan.nodeId);
    this.#nodeBackoff.delete(plan.nodeId);
    switch (this.#sessionOf(plan.nodeId).handleResponse(response.errorCode, response.sessionId)) {
      case 'again':
        return false;
      case 'failed':
        for (const planned of plan.partitions) this.#retryLater(planned, nowMs);
        return true;
      case 'taken':
    }
    let metadataStale = false;
    if (plan.request.maxWaitMs < leastIdleMs && isEmpty(response))
      this.#nodeBackoff.set(plan.nodeId, { retryAtMs: nowMs + leastIdleMs, retries: 0 });
    for (const topic of response.responses) {
      for (const data of topic.partitions) {
        const planned = plan.find(topic.topic, topic.topicId, data.partitionIndex);
        if (planned === undefined || planned.incarnation !== planned.state.incarnation) continue;
        if (data.errorCode === ErrorCode.NONE) this.#accept(planned, data, nowMs);
        else if (this.#handleError(planned, data.errorCode, nowMs)) metadataStale = true;
      }
    }
    return metadataStale;
  }

  /** The request was lost, or the broker could not be reached; returns how often in a row. */
  handleFailure(plan: FetchPlan, nowMs: number): number {
    this.#inFlight.delete(plan.nodeId);
    this.#sessionOf(plan.nodeId).handleFailure();
    const retries = (this.#nodeBackoff.get(plan.nodeId)?.retries ?? 0) + 1;
    this.#nodeBackoff.set(plan.nodeId, { retryAtMs: nowMs + this.#backoffMs(retries), retries });
    for (const { state } of plan.partitions) state.preferredReplica = null;
    return retries;
  }

  /** The batch to read from next, or a failure, in the order in which partitions were answered; null when nothing is ready. */
  next(): Ready | null {
    for (let index = 0; index < this.#queue.length;) {
      const entry = this.#queue[index];
      if (entry === undefined) break;
      if (entry.incarnation !== entry.state.incarnation) {
        this.#remove(index);
        continue;
      }
      if (!entry.state.fetchable) {
        index++;
        continue;
      }
      if (entry.kind === 'failure') {
        this.#remove(index);
        return entry;
      }
      const ready = this.#openBatch(entry, index);
      if (ready !== null) return ready;
    }
    return null;
  }

  /**
   * Moves the position within what is held, so that a seek by a few records does not fetch them again; false when it leads
   * elsewhere. What the last poll drained is still held for this.
   */
  reposition(state: PartitionState, offset: number): boolean {
    const progress = this.#progress.get(state);
    if (state.phase !== 'fetching' || progress === undefined || progress.incarnation !== state.incarnation)
      return false;
    const drained = this.#drained.filter((chunk) => chunk.state === state && !chunk.isStale);
    const queued = this.#queue.find(
      (entry) => entry.kind === 'chunk' && entry.state === state && !entry.isStale,
    );
    const held = queued?.kind === 'chunk' ? [...drained, queued] : drained;
    const first = held.findLastIndex((chunk) => chunk.fetchOffset <= offset);
    if (first < 0 || offset > progress.nextFetchOffset) return false;
    for (const chunk of held.slice(first)) chunk.restart();
    for (const chunk of drained.slice(first).reverse()) {
      this.#drained.splice(this.#drained.indexOf(chunk), 1);
      this.#queue.unshift(chunk);
      this.#bufferedBytes += chunk.sizeBytes;
      progress.bufferedBytes += chunk.sizeBytes;
    }
    state.advance(offset, -1);
    return true;
  }

  /** A poll begins: what the one before drained is done with. */
  beginPoll(): void {
    this.#drained.length = 0;
  }

  /** Queues a failure again, in front: what came before it is to be handed out first. */
  putBack(failure: FetchFailure): void {
    const { state } = failure;
    this.#queue.unshift({ kind: 'failure', state, incarnation: state.incarnation, failure });
  }

  /** Whether `next` would have something. */
  get hasReady(): boolean {
    return this.#queue.some(
      (entry) => entry.incarnation === entry.state.incarnation && entry.state.fetchable,
    );
  }

  /** The open batch of a chunk, or its next one; null when the chunk is done and gone. */
  #openBatch(chunk: FetchedChunk, index: number): Ready | null {
    const { state } = chunk;
    if (chunk.open !== null) {
      if (chunk.open.cursor.remaining > 0) return { kind: 'batch', state, batch: chunk.open };
      state.advance(chunk.open.nextOffset, chunk.open.leaderEpoch);
    }
    const next = chunk.nextBatch(state.position?.offset ?? 0, this.#options);
    switch (next.kind) {
      case 'batch':
        return { kind: 'batch', state, batch: next.batch };
      case 'corrupt':
        return { kind: 'failure', failure: { ...next, state } };
      case 'end':
        // Control records, aborted batches and compacted gaps at the end move the position too (CC2).
        if (state.position !== null && next.nextOffset > state.position.offset) {
          state.advance(next.nextOffset, next.leaderEpoch);
        }
        this.#remove(index);
        this.#drained.push(chunk);
        return null;
    }
  }

  #readyNode(state: PartitionState, nowMs: number): number | null {
    if (!state.fetchable) return null;
    const leader = this.#cluster.leaderOf(state.topic, state.partition);
    if (leader === null) return null;
    if (!isValidated(state, leader)) {
      state.phase = 'awaitingValidation';
      return null;
    }
    const { preferredReplica } = state;
    const nodeId =
      preferredReplica !== null && preferredReplica.untilMs > nowMs ? preferredReplica.nodeId : leader.nodeId;
    if (this.#inFlight.has(nodeId)) return null;
    const backoff = this.#nodeBackoff.get(nodeId);
    return backoff !== undefined && backoff.retryAtMs > nowMs ? null : nodeId;
  }

  #progressOf(state: PartitionState): Progress {
    let progress = this.#progress.get(state);
    if (progress === undefined || progress.incarnation !== state.incarnation) {
      progress = {
        incarnation: state.incarnation,
        nextFetchOffset: state.position?.offset ?? 0,
        bufferedBytes: 0,
        failed: false,
        retryAtMs: 0,
        retries: 0,
      };
      this.#progress.set(state, progress);
    }
    return progress;
  }

  /** Sends what fits in the budget of bytes; what does not waits until the application has polled. */
  #admit(plans: ReadonlyMap<number, FetchPlan>, nodesWithFullPartitions: ReadonlySet<number>): FetchPlan[] {
    const { fetchMaxBytes, fetchMaxWaitMs, maxPartitionFetchBytes, prefetchMaxBytes } = this.#options;
    let budget = prefetchMaxBytes - this.#bufferedBytes;
    for (const plan of this.#inFlight.values()) budget -= plan.maxBytes;
    const admitted: FetchPlan[] = [];
    for (const plan of plans.values()) {
      if (budget <= 0) break;
      const maxBytes = Math.min(fetchMaxBytes, budget, plan.partitions.length * maxPartitionFetchBytes);
      budget -= maxBytes;
      const maxWaitMs = nodesWithFullPartitions.has(plan.nodeId)
        ? Math.min(fetchMaxWaitMs, impatientWaitMs)
        : fetchMaxWaitMs;
      plan.seal(this.#request(plan, maxBytes, maxWaitMs), maxBytes);
      this.#inFlight.set(plan.nodeId, plan);
      admitted.push(plan);
    }
    return admitted;
  }

  #sessionOf(nodeId: number): FetchSession {
    let session = this.#sessions.get(nodeId);
    if (session === undefined) this.#sessions.set(nodeId, (session = new FetchSession()));
    return session;
  }

  #inTurn(): Iterable<PartitionState> {
    const { partitions } = this.#subscription;
    if (this.#turnsOf !== partitions) {
      this.#turnsOf = partitions;
      const kept = [...this.#turns].filter(({ assigned }) => assigned);
      this.#turns = new Set([...kept, ...partitions]);
    }
    return this.#turns;
  }

  #request(plan: FetchPlan, maxBytes: number, maxWaitMs: number): FetchRequestInput {
    const { clientRack, fetchMinBytes, isolation, maxPartitionFetchBytes } = this.#options;
    return {
      maxWaitMs,
      minBytes: fetchMinBytes,
      maxBytes,
      isolationLevel: isolation === 'committed' ? 1 : 0,
      ...this.#sessionOf(plan.nodeId).begin(plan, maxPartitionFetchBytes),
      rackId: clientRack,
    };
  }

  #accept(planned: PlannedPartition, data: PartitionData, nowMs: number): void {
    const { state, incarnation, fetchOffset } = planned;
    const progress = this.#progressOf(state);
    progress.retries = 0;
    state.highWatermark = data.highWatermark;
    state.lastStableOffset = data.lastStableOffset < 0 ? null : data.lastStableOffset;
    state.logStartOffset = data.logStartOffset < 0 ? null : data.logStartOffset;
    if (data.preferredReadReplica >= 0) {
      const untilMs = nowMs + this.#options.metadataMaxAgeMs;
      state.preferredReplica = { nodeId: data.preferredReadReplica, untilMs };
      return;
    }
    const { records } = data;
    if (records === null || records.length === 0) return;
    if (this.#turns.delete(state)) this.#turns.add(state);
    const { end, nextOffset, corruption } = measureChunk(records, fetchOffset);
    if (end > 0) {
      const aborted = this.#options.isolation === 'committed' ? data.abortedTransactions : null;
      const chunk = new FetchedChunk(state, incarnation, records, end, fetchOffset, aborted);
      this.#queue.push(chunk);
      this.#bufferedBytes += chunk.sizeBytes;
      progress.bufferedBytes += chunk.sizeBytes;
      progress.nextFetchOffset = nextOffset;
    }
    if (corruption !== null || end === 0) {
      const reason = corruption ?? `the broker sent only ${records.length} bytes of its first batch`;
      this.#fail(planned, progress, { kind: 'corrupt', state, offset: nextOffset, reason });
    }
  }

  /** True when newer metadata may help (CC7). */
  #handleError(planned: PlannedPartition, errorCode: number, nowMs: number): boolean {
    const { state, fetchOffset } = planned;
    const progress = this.#progressOf(state);
    switch (errorCode) {
      case ErrorCode.OFFSET_OUT_OF_RANGE:
        if (state.preferredReplica !== null) {
          state.preferredReplica = null;
          this.#retryLater(planned, nowMs);
          return true;
        }
        this.#fail(planned, progress, { kind: 'offsetOutOfRange', state, offset: fetchOffset });
        return false;
      case ErrorCode.TOPIC_AUTHORIZATION_FAILED:
      case ErrorCode.CORRUPT_MESSAGE:
      case ErrorCode.UNSUPPORTED_COMPRESSION_TYPE:
        this.#fail(planned, progress, { kind: 'refused', state, errorCode });
        return false;
      case ErrorCode.UNKNOWN_LEADER_EPOCH:
      case ErrorCode.UNKNOWN_SERVER_ERROR:
        this.#retryLater(planned, nowMs);
        return false;
      default:
        state.preferredReplica = null;
        // The answer named the new leader, which was taken over already (KIP-951).
        if ((this.#cluster.leaderOf(state.topic, state.partition)?.epoch ?? -1) > planned.leaderEpoch)
          return false;
        this.#retryLater(planned, nowMs);
        return true;
    }
  }

  #fail(planned: PlannedPartition, progress: Progress, failure: FetchFailure): void {
    progress.failed = true;
    this.#queue.push({ kind: 'failure', state: planned.state, incarnation: planned.incarnation, failure });
  }

  #retryLater(planned: PlannedPartition, nowMs: number): void {
    if (planned.incarnation !== planned.state.incarnation) return;
    const progress = this.#progressOf(planned.state);
    progress.retries++;
    progress.retryAtMs = nowMs + this.#backoffMs(progress.retries);
  }

  #backoffMs(retries: number): number {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#options;
    return Math.min(retryBackoffMaxMs, retryBackoffMs * 2 ** Math.min(retries - 1, 20));
  }

  #remove(index: number): void {
    const [entry] = this.#queue.splice(index, 1);
    if (entry === undefined) return;
    this.#roomMade = true;
    const progress = this.#progress.get(entry.state);
    const current = progress !== undefined && progress.incarnation === entry.incarnation ? progress : null;
    if (entry.kind === 'failure') {
      if (current !== null) current.failed = false;
      return;
    }
    this.#bufferedBytes -= entry.sizeBytes;
    if (current !== null) current.bufferedBytes -= entry.sizeBytes;
  }

  #dropStale(): void {
    for (let index = this.#queue.length - 1; index >= 0; index--) {
      const entry = this.#queue[index];
      if (entry !== undefined && entry.incarnation !== entry.state.incarnation) this.#remove(index);
    }
    for (const state of this.#progress.keys()) if (!state.assigned) this.#progress.delete(state);
  }
}

function isEmpty(response: FetchResponse): boolean {
  return response.responses.every(({ partitions }) =>
    partitions.every(
      ({ errorCode, records }) => errorCode === ErrorCode.NONE && (records?.length ?? 0) === 0,
    ),
  );
}

type PartitionData = FetchResponse['responses'][number]['partitions'][number];

/** A position without an epoch, or from the leader's own epoch, cannot lie in a truncated part of the log. */
function isValidated(state: PartitionState, leader: PartitionLeader): boolean {
  if (leader.epoch < 0 || state.validatedEpoch === leader.epoch) return true;
  const offsetEpoch = state.position?.offsetEpoch ?? -1;
  if (offsetEpoch >= 0 && offsetEpoch < leader.epoch) return false;
  state.validatedEpoch = leader.epoch;
  return true;
}

function earlier(next: number | null, candidateMs: number, nowMs: number): number | null {
  if (candidateMs <= nowMs) return next;
  return next === null ? candidateMs : Math.min(next, candidateMs);
}
