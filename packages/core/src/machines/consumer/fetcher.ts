// Decides what to fetch from which broker and when, and what each answer means.
import { ErrorCode } from '../../protocol/errors.js';
import type { FetchRequestInput, FetchResponse } from '../../protocol/messages/01-fetch.js';
import type { ClusterView, PartitionLeader } from './cluster-view.js';
import { FetchBuffer, type FetchFailure, type Ready } from './fetch-buffer.js';
import { FetchedChunk, measureChunk, type ChunkOptions } from './fetched-chunk.js';
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
  readonly #buffer: FetchBuffer;
  readonly #inFlight = new Map<number, FetchPlan>();
  readonly #nodeBackoff = new Map<number, NodeBackoff>();
  /** By broker; there are as many as the cluster had brokers since the consumer began. */
  readonly #sessions = new Map<number, FetchSession>();
  /** The assigned partitions, those that gave records last at the end, so that a small budget starves none. */
  #turns = new Set<PartitionState>();
  #turnsOf: readonly PartitionState[] = [];

  constructor(options: FetcherOptions, subscription: SubscriptionState, cluster: ClusterView) {
    this.#options = options;
    this.#buffer = new FetchBuffer(options);
    this.#subscription = subscription;
    this.#cluster = cluster;
  }

  get bufferedBytes(): number {
    return this.#buffer.bufferedBytes;
  }

  /** True once after something was handed out completely: there may be room for another fetch. */
  takeRoomMade(): boolean {
    return this.#buffer.takeRoomMade();
  }

  /** A poll begins: what the one before drained is done with. */
  beginPoll(): void {
    this.#buffer.beginPoll();
  }

  /** The batch to read from, or a failure, in the order in which partitions were answered; null when nothing is ready. */
  next(): Ready | null {
    return this.#buffer.next();
  }

  /** Whether `next` would have something. */
  get hasReady(): boolean {
    return this.#buffer.hasReady;
  }

  /** Queues a failure again, in front: what came before it is to be handed out first. */
  putBack(failure: FetchFailure): void {
    this.#buffer.putBack(failure);
  }

  /** Moves the position within what is held; false when it leads elsewhere. */
  reposition(state: PartitionState, offset: number): boolean {
    return this.#buffer.reposition(state, offset);
  }

  /** The fetches to send now, at most one per broker; each must be answered by `handleResponse` or `handleFailure`. */
  plan(nowMs: number): FetchPlan[] {
    this.#buffer.dropStale();
    const plans = new Map<number, FetchPlan>();
    const nodesWithFullPartitions = new Set<number>();
    for (const state of this.#inTurn()) {
      const nodeId = this.#readyNode(state, nowMs);
      if (nodeId === null) continue;
      const progress = this.#buffer.progressOf(state);
      if (progress.failed || progress.retryAtMs > nowMs) continue;
      // Brokers cut an answer off at the very size: one more is asked for, to arrive while that one is read.
      if (progress.bufferedBytes > this.#options.maxPartitionFetchBytes) {
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
    for (const progress of this.#buffer.progresses()) next = earlier(next, progress.retryAtMs, nowMs);
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
        else if (this.#handleError(planned, data.errorCode, plan.nodeId, nowMs)) metadataStale = true;
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

  /** The requests that end all sessions; to be sent once, when nothing is fetched any more. */
  endSessions(): Map<number, FetchRequestInput> {
    const { clientRack, isolation } = this.#options;
    const requests = new Map<number, FetchRequestInput>();
    for (const [nodeId, session] of this.#sessions) {
      const fields = session.end();
      if (fields === null) continue;
      requests.set(nodeId, {
        maxWaitMs: 0,
        minBytes: 0,
        maxBytes: 0,
        isolationLevel: isolationLevelOf(isolation),
        ...fields,
        rackId: clientRack,
      });
    }
    return requests;
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

  /** Sends what fits in the budget of bytes; what does not waits until the application has polled. */
  #admit(plans: ReadonlyMap<number, FetchPlan>, nodesWithFullPartitions: ReadonlySet<number>): FetchPlan[] {
    const { fetchMaxBytes, fetchMaxWaitMs, maxPartitionFetchBytes, prefetchMaxBytes } = this.#options;
    let budget = prefetchMaxBytes - this.#buffer.bufferedBytes;
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
      isolationLevel: isolationLevelOf(isolation),
      ...this.#sessionOf(plan.nodeId).begin(plan, maxPartitionFetchBytes),
      rackId: clientRack,
    };
  }

  #accept(planned: PlannedPartition, data: PartitionData, nowMs: number): void {
    const { state, incarnation, fetchOffset } = planned;
    const progress = this.#buffer.progressOf(state);
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
      this.#buffer.push(chunk, progress, nextOffset);
    }
    if (corruption !== null || end === 0) {
      const reason = corruption ?? `the broker sent only ${records.length} bytes of its first batch`;
      this.#buffer.fail(
        { kind: 'corrupt', state, offset: nextOffset, reason },
        planned.incarnation,
        progress,
      );
    }
  }

  /** True when newer metadata may help (CC7). */
  #handleError(planned: PlannedPartition, errorCode: number, nodeId: number, nowMs: number): boolean {
    const { state, fetchOffset } = planned;
    const progress = this.#buffer.progressOf(state);
    switch (errorCode) {
      case ErrorCode.OFFSET_OUT_OF_RANGE:
        if (state.preferredReplica !== null) {
          state.preferredReplica = null;
          this.#retryLater(planned, nowMs);
          return true;
        }
        this.#buffer.fail(
          { kind: 'offsetOutOfRange', state, offset: fetchOffset },
          planned.incarnation,
          progress,
        );
        return false;
      case ErrorCode.TOPIC_AUTHORIZATION_FAILED:
      case ErrorCode.CORRUPT_MESSAGE:
      case ErrorCode.UNSUPPORTED_COMPRESSION_TYPE:
        this.#buffer.fail({ kind: 'refused', state, errorCode, nodeId }, planned.incarnation, progress);
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

  #retryLater(planned: PlannedPartition, nowMs: number): void {
    if (planned.incarnation !== planned.state.incarnation) return;
    const progress = this.#buffer.progressOf(planned.state);
    progress.retries++;
    progress.retryAtMs = nowMs + this.#backoffMs(progress.retries);
  }

  #backoffMs(retries: number): number {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#options;
    return Math.min(retryBackoffMaxMs, retryBackoffMs * 2 ** Math.min(retries - 1, 20));
  }
}

function isolationLevelOf(isolation: FetcherOptions['isolation']): number {
  return isolation === 'committed' ? 1 : 0;
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
