// Decides when a Fetch is answered, and with which of its partitions: at once, or when enough came (F4, F5, F7).
import type { SessionPartition } from '../../machines/fetch/fetch-session.js';
import type { FetchContext, FetchSessions } from '../../machines/fetch/fetch-sessions.js';
import { noSession } from '../../machines/fetch/fetch-sessions.js';
import type { RequestedPartition } from '../../machines/fetch/fetch-session.js';
import type { Clock } from '../../ports/clock.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { FetchRequest, FetchResponseInput } from '../../protocol/messages/01-fetch.js';
import type { PartitionRuntime } from '../../runtime/partition-runtime.js';
import type { Purgatory } from '../../runtime/purgatory.js';
import type { ClusterView } from '../cluster-view.js';
import type { ReplyMemory } from '../reply-memory.js';
import type { RequestContext } from '../request.js';
import type { TopicRegistry } from '../topic-registry.js';
import { answerOf, PartitionReader, type PartitionOutput } from './partition-reader.js';

const firstTopicIdVersion = 13;
const firstReplicaStateVersion = 15;
const firstEndpointVersion = 16;

export interface FetchParts {
  readonly topics: TopicRegistry;
  readonly purgatory: Purgatory;
  readonly cluster: ClusterView;
  readonly sessions: FetchSessions;
  readonly clock: Clock;
  readonly replyMemory: ReplyMemory;
}

/** One partition of the reply. */
interface Row {
  readonly request: RequestedPartition;
  readonly output: PartitionOutput;
  /** Where the fetch belongs to a session. */
  readonly cached: SessionPartition | null;
}

/** A partition that can be waited on, with the bytes it had when the wait began. */
interface Watched {
  readonly request: RequestedPartition;
  readonly partition: PartitionRuntime;
  readonly sizeBefore: number;
  readonly bytesBefore: number;
  bytes: number;
}

/** What one pass over all partitions gave. */
interface Pass {
  readonly rows: readonly Row[];
  readonly bytes: number;
  /** Something is to be told that does not wait: an error or a divergence. */
  readonly mustReply: boolean;
}

export function isFollowerFetch(request: FetchRequest, apiVersion: number): boolean {
  const { replicaId } = apiVersion >= firstReplicaStateVersion ? request.replicaState : request;
  return replicaId >= 0;
}

export class FetchOperation {
  readonly #reader: PartitionReader;
  readonly #maxBytes: number;
  readonly #byId: boolean;
  readonly #isFollower: boolean;
  #watched: Watched[] = [];

  constructor(
    private readonly parts: FetchParts,
    private readonly request: FetchRequest,
    private readonly context: RequestContext,
    private readonly fetch: Exclude<FetchContext, { kind: 'refused' }>,
  ) {
    const { topics } = parts;
    const isolation = request.isolationLevel === 1 ? 'committed' : 'uncommitted';
    this.#byId = context.apiVersion >= firstTopicIdVersion;
    this.#isFollower = isFollowerFetch(request, context.apiVersion);
    this.#reader = new PartitionReader({
      topics,
      isolation,
      byId: this.#byId,
      isFollower: this.#isFollower,
      namesLeader: context.apiVersion >= firstEndpointVersion,
    });
    this.#maxBytes = Math.min(request.maxBytes, topics.config.values.fetchMaxBytes);
  }

  run(): FetchResponseInput | Promise<FetchResponseInput> {
    const { maxWaitMs, minBytes } = this.request;
    const mayWait = maxWaitMs > 0;
    const pass = this.#read(mayWait);
    if (!mayWait || pass.mustReply || pass.bytes >= minBytes || this.#watched.length === 0)
      return this.#reply(pass);
    return this.#wait(maxWaitMs);
  }

  #wait(maxWaitMs: number): Promise<FetchResponseInput> {
    return new Promise((resolve, reject) => {
      const complete = (): void => {
        this.context.abandon = null;
        try {
          resolve(this.#reply(this.#read(false)));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const parked = this.parts.purgatory.park(
        { canComplete: (index) => this.#hasEnough(index), partitionGone: () => true, complete },
        this.#watched.map(({ partition }) => partition),
        maxWaitMs,
      );
      this.context.abandon = () => parked.cancel();
    });
  }

  /** Reads every partition once, in the order in which they are served. */
  #read(watch: boolean): Pass {
    const maxBytes = Math.min(this.#maxBytes, this.parts.replyMemory.freeBytes);
    const rows: Row[] = [];
    let bytes = 0;
    let mustReply = false;
    const readOne = (request: RequestedPartition, cached: SessionPartition | null): void => {
      const partition = this.#reader.find(request);
      const limits = { remainingBytes: maxBytes - bytes, isFirst: bytes === 0 };
      const output = this.#reader.read(request, partition, limits);
      const size = output.records?.length ?? 0;
      bytes += size;
      mustReply ||= output.errorCode !== ErrorCode.NONE || output.divergingEpoch !== undefined;
      if (watch && typeof partition !== 'number') this.#watch(request, partition, size);
      if (cached === null || cached.isNews(answerOf(output))) rows.push({ request, output, cached });
    };
    if (this.fetch.kind === 'full') for (const request of this.fetch.requested) readOne(request, null);
    else for (const cached of this.fetch.session.partitions()) readOne(cached.request, cached);
    return { rows, bytes, mustReply };
  }

  #watch(request: RequestedPartition, partition: PartitionRuntime, bytes: number): void {
    const sizeBefore = this.request.minBytes > 1 ? partition.sizeBytes : 0;
    this.#watched.push({ request, partition, sizeBefore, bytesBefore: bytes, bytes });
  }

  /** The partition moved: whether all of them together now have min_bytes. Only the one that moved is looked at again. */
  #hasEnough(index: number): boolean {
    const moved = this.#watched[index];
    if (moved === undefined) return true;
    const { partition, request } = moved;
    if (this.request.minBytes <= 1) return this.#reader.boundOf(partition) > request.fetchOffset;
    // What was appended meanwhile bounds what can be read; only when that is enough is it worth reading.
    const appended = Math.max(0, partition.sizeBytes - moved.sizeBefore);
    moved.bytes = Math.min(request.maxBytes, moved.bytesBefore + appended);
    if (!this.#watchedBytesSuffice()) return false;
    const limits = { remainingBytes: this.#maxBytes, isFirst: true };
    const output = this.#reader.read(request, partition, limits);
    if (output.errorCode !== ErrorCode.NONE) return true;
    moved.bytes = output.records?.length ?? 0;
    return this.#watchedBytesSuffice();
  }

  #watchedBytesSuffice(): boolean {
    return this.#watched.reduce((sum, { bytes }) => sum + bytes, 0) >= this.request.minBytes;
  }

  #reply(pass: Pass): FetchResponseInput {
    const { fetch } = this;
    if (fetch.kind === 'full') return this.#response(pass.rows, this.#newSession(pass.rows));
    const { session, epoch } = fetch;
    if (session.epoch !== epoch) {
      // The client sent the same request again meanwhile, and that one counts.
      const errorCode = ErrorCode.INVALID_FETCH_SESSION_EPOCH;
      return { throttleTimeMs: 0, errorCode, sessionId: session.id, responses: [] };
    }
    for (const { cached, output } of pass.rows) {
      cached?.tell(answerOf(output));
      if (cached !== null && (output.records?.length ?? 0) > 0) session.moveToBack(cached);
    }
    return this.#response(pass.rows, session.id);
  }

  #newSession(rows: readonly Row[]): number {
    if (this.fetch.kind !== 'full' || !this.fetch.mayHaveSession) return noSession;
    const { sessions, clock } = this.parts;
    const partitions = rows.map(({ request, output }) => ({ request, answer: answerOf(output) }));
    const wanted = { isPrivileged: this.#isFollower, usesTopicIds: this.#byId, partitions };
    return sessions.create(wanted, clock.monotonicMs());
  }

  #response(rows: readonly Row[], sessionId: number): FetchResponseInput {
    const hinted = rows.some(({ output }) => output.currentLeader !== undefined);
    const nodes = hinted ? this.parts.cluster.brokersFor(this.context.peer) : [];
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      sessionId,
      responses: this.#byTopic(rows),
      nodeEndpoints: nodes.map(({ nodeId, host, port }) => ({ nodeId, host, port, rack: null })),
    };
  }

  /** Neighbours of one topic share an entry; the order of the partitions stays. */
  #byTopic(rows: readonly Row[]): FetchResponseInput['responses'] {
    const topics: { topic: string; topicId: string; partitions: PartitionOutput[] }[] = [];
    for (const { request, output } of rows) {
      const { topic, topicId } = request;
      const last = topics.at(-1);
      if (last !== undefined && last.topic === topic && last.topicId === topicId)
        last.partitions.push(output);
      else topics.push({ topic, topicId, partitions: [output] });
    }
    return topics;
  }
}
