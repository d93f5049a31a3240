// Fetch, key 1, versions 4 to 18.
//
// Partitions are read in request order under the smaller of the request's and the broker's byte limit and each partition's own; the
// first one with data gives at least its first batch whole, and once a limit is reached later ones still appear, empty (F4). The reply
// waits until min_bytes are there, an error is, or max_wait has passed (F5), and then everything is read again. Topics come by id from
// version 13 (KIP-516): an unknown one is UNKNOWN_TOPIC_ID (F8). A leader epoch the client believes in is checked first (F9), then its
// last fetched epoch (F10, KIP-595). Records are never null (F13); aborted transactions are null unless read_committed was asked for (F6).
// Fetch sessions (KIP-227) are always refused as Kafka does when its cache is full: session id 0 and a whole reply; an id that was
// never given is FETCH_SESSION_ID_NOT_FOUND (F7). There are no followers: replica ids get NOT_LEADER_OR_FOLLOWER.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { FetchRequest, FetchResponseInput } from '../../protocol/messages/01-fetch.js';
import type { Purgatory } from '../../runtime/purgatory.js';
import type { ClusterView } from '../cluster-view.js';
import { leaderEpochProblem } from '../leader-epoch.js';
import type { IsolationLevel, PartitionRuntime } from '../../runtime/partition-runtime.js';
import { served, type RequestContext, type ServedApi } from '../request.js';
import type { Topic, TopicRegistry } from '../topic-registry.js';

type TopicOutput = FetchResponseInput['responses'][number];
type PartitionOutput = TopicOutput['partitions'][number];
type PartitionInput = FetchRequest['topics'][number]['partitions'][number];

const noRecords = Buffer.alloc(0);
const firstTopicIdVersion = 13;
const fullSessionEpochs: ReadonlySet<number> = new Set([0, -1]);

export interface FetchParts {
  readonly topics: TopicRegistry;
  readonly purgatory: Purgatory;
  readonly cluster: ClusterView;
}

/** One partition of a request, found once. */
interface Target {
  readonly input: PartitionInput;
  /** Or the error it has from the start. */
  readonly partition: PartitionRuntime | number;
}

interface TargetTopic {
  readonly topic: string;
  readonly topicId: string;
  readonly targets: readonly Target[];
}

/** What one pass over all partitions gave. */
interface Pass {
  readonly response: FetchResponseInput;
  readonly bytes: number;
  readonly mustReply: boolean;
}

function failedPartition(input: PartitionInput, errorCode: number): PartitionOutput {
  return {
    partitionIndex: input.partition,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: null,
    records: noRecords,
  };
}

class FetchOperation {
  readonly #isolation: IsolationLevel;
  readonly #maxBytes: number;
  readonly #topics: readonly TargetTopic[];
  /** The partitions that can be waited on, with the bytes each is known to have. */
  readonly #watched: {
    readonly input: PartitionInput;
    readonly partition: PartitionRuntime;
    bytes: number;
  }[] = [];

  constructor(
    private readonly parts: FetchParts,
    private readonly request: FetchRequest,
    private readonly context: RequestContext,
  ) {
    this.#isolation = request.isolationLevel === 1 ? 'committed' : 'uncommitted';
    this.#maxBytes = Math.min(request.maxBytes, parts.topics.config.values.fetchMaxBytes);
    this.#topics = request.topics.map(({ topic, topicId, partitions }) => {
      const known = this.#find(topic, topicId);
      const targets = partitions.map((input) => ({ input, partition: this.#target(known, input) }));
      return { topic, topicId, targets };
    });
  }

  run(): FetchResponseInput | Promise<FetchResponseInput> {
    const { maxWaitMs, minBytes } = this.request;
    const pass = this.#read();
    if (maxWaitMs <= 0 || pass.mustReply || pass.bytes >= minBytes || this.#watched.length === 0) {
      return pass.response;
    }
    return new Promise((resolve) => {
      const parked = this.parts.purgatory.park(
        {
          canComplete: (index) => this.#hasEnough(index),
          complete: () => {
            this.context.abandon = null;
            resolve(this.#read().response);
          },
        },
        this.#watched.map(({ partition }) => partition),
        maxWaitMs,
      );
      this.context.abandon = () => parked.cancel();
    });
  }

  #find(name: string, topicId: string): Topic | number {
    if (this.context.apiVersion >= firstTopicIdVersion) {
      return this.parts.topics.byId(topicId) ?? ErrorCode.UNKNOWN_TOPIC_ID;
    }
    return this.parts.topics.byName(name) ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }

  #target(topic: Topic | number, input: PartitionInput): PartitionRuntime | number {
    if (typeof topic === 'number') return topic;
    const partition = topic.partitions[input.partition];
    if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    const replicaId =
      this.context.apiVersion >= 15 ? this.request.replicaState.replicaId : this.request.replicaId;
    return replicaId >= 0 ? ErrorCode.NOT_LEADER_OR_FOLLOWER : partition;
  }

  /** Reads every partition once. */
  #read(): Pass {
    let remaining = this.#maxBytes;
    let bytes = 0;
    let mustReply = false;
    const firstPass = this.#watched.length === 0;
    const responses: TopicOutput[] = [];
    for (const { topic, topicId, targets } of this.#topics) {
      const partitions: PartitionOutput[] = [];
      for (const { input, partition } of targets) {
        const output = this.#readPartition(input, partition, remaining, bytes === 0);
        const size = output.records?.length ?? 0;
        bytes += size;
        remaining = Math.max(0, remaining - size);
        mustReply ||= output.errorCode !== ErrorCode.NONE || output.divergingEpoch !== undefined;
        if (firstPass && typeof partition !== 'number') this.#watched.push({ input, partition, bytes: size });
        partitions.push(output);
      }
      responses.push({ topic, topicId, partitions });
    }
    return { response: this.#response(responses), bytes, mustReply };
  }

  #readPartition(
    input: PartitionInput,
    partition: PartitionRuntime | number,
    remaining: number,
    nothingYet: boolean,
  ): PartitionOutput {
    if (typeof partition === 'number') return failedPartition(input, partition);
    const epochProblem = leaderEpochProblem(partition, input.currentLeaderEpoch);
    if (epochProblem !== ErrorCode.NONE) {
      return {
        ...failedPartition(input, epochProblem),
        currentLeader: { leaderId: this.parts.topics.nodeId, leaderEpoch: partition.leaderEpoch },
      };
    }
    const divergence = this.#divergence(input, partition);
    if (divergence !== null) return divergence;
    const result = partition.read({
      fetchOffset: input.fetchOffset,
      maxBytes: Math.min(input.partitionMaxBytes, remaining),
      atLeastOneBatch: nothingYet,
      isolation: this.#isolation,
    });
    if (result.kind === 'error') return failedPartition(input, result.errorCode);
    return {
      partitionIndex: input.partition,
      errorCode: ErrorCode.NONE,
      highWatermark: result.highWatermark,
      lastStableOffset: result.lastStableOffset,
      logStartOffset: result.logStartOffset,
      abortedTransactions: result.abortedTransactions,
      records: result.records,
    };
  }

  /** Whether the log after the client's last fetched epoch went another way (F10). */
  #divergence(input: PartitionInput, partition: PartitionRuntime): PartitionOutput | null {
    if (input.lastFetchedEpoch < 0) return null;
    const { leaderEpoch, endOffset } = partition.epochEndOffset(input.lastFetchedEpoch);
    if (leaderEpoch < 0 || endOffset < 0) return failedPartition(input, ErrorCode.OFFSET_OUT_OF_RANGE);
    if (leaderEpoch === input.lastFetchedEpoch && endOffset >= input.fetchOffset) return null;
    return {
      ...failedPartition(input, ErrorCode.NONE),
      highWatermark: partition.highWatermark,
      lastStableOffset: partition.lastStableOffset,
      logStartOffset: partition.logStartOffset,
      divergingEpoch: { epoch: leaderEpoch, endOffset },
    };
  }

  /** The partition moved: whether all of them together now have min_bytes. Only the one that moved is looked at again. */
  #hasEnough(index: number): boolean {
    const moved = this.#watched[index];
    if (moved === undefined) return true;
    if (this.request.minBytes <= 1) {
      const end =
        this.#isolation === 'committed' ? moved.partition.lastStableOffset : moved.partition.highWatermark;
      return end > moved.input.fetchOffset;
    }
    const output = this.#readPartition(moved.input, moved.partition, this.#maxBytes, true);
    if (output.errorCode !== ErrorCode.NONE) return true;
    moved.bytes = output.records?.length ?? 0;
    return this.#watched.reduce((sum, { bytes }) => sum + bytes, 0) >= this.request.minBytes;
  }

  #response(responses: TopicOutput[]): FetchResponseInput {
    const { nodeId, host, port } = this.parts.cluster.brokersFor(this.context.peer)[0] ?? {
      nodeId: -1,
      host: '',
      port: 0,
    };
    const hinted = responses.some(({ partitions }) =>
      partitions.some(({ currentLeader }) => currentLeader !== undefined),
    );
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      sessionId: 0,
      responses,
      nodeEndpoints: hinted && this.context.apiVersion >= 16 ? [{ nodeId, host, port, rack: null }] : [],
    };
  }
}

export function fetch(parts: FetchParts): ServedApi {
  return served(apis.fetch, (request, context) => {
    if (!fullSessionEpochs.has(request.sessionEpoch)) {
      const errorCode = ErrorCode.FETCH_SESSION_ID_NOT_FOUND;
      return { throttleTimeMs: 0, errorCode, sessionId: 0, responses: [] };
    }
    return new FetchOperation(parts, request, context).run();
  });
}
