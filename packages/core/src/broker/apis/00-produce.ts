// Produce, key 0, versions 3 to 13 (0 to 2 are named in ApiVersions and refused, KAFKA-18659).
//
// The whole request: acks other than -1, 0, 1 is INVALID_REQUIRED_ACKS on every partition; transactional batches without a
// transactional id are TRANSACTIONAL_ID_AUTHORIZATION_FAILED, of more than one producer INVALID_PRODUCER_ID_MAPPING (P1).
// Each partition by itself, in this order (P2): topic and partition exist (by id from version 13, KIP-516), one batch of format 2,
// zstd only from version 7 (KIP-110), not the broker's own topic, a transactional batch only where its partition is in the transaction (P12;
// version 12 puts it there itself, P13), then the log (L7 to L11,
// P6 to P8). acks=0 is never answered, and any error closes the connection; acks=1 is answered after the append; acks=-1 when the high
// watermark has passed the batch (P3), or with REQUEST_TIMED_OUT while the data stays, or with
// NOT_LEADER_OR_FOLLOWER when the partition goes meanwhile (P4). Versions 8 and later name the bad records
// (KIP-467). min.insync.replicas never blocks a topic with one replica (P4). Produce creates no topics (P14).
import { zeroUuid } from '../../foundation/uuid.js';
import type { Clock } from '../../ports/clock.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { ProduceRequest, ProduceResponseInput } from '../../protocol/messages/00-produce.js';
import { currentMagic, headerField, logOverheadBytes } from '../../protocol/records/record-batch.js';
import type { ParkedOperation, Purgatory } from '../../runtime/purgatory.js';
import type { PartitionRuntime } from '../../runtime/partition-runtime.js';
import {
  CloseConnection,
  noReply,
  served,
  type Answer,
  type RequestContext,
  type ServedApi,
} from '../request.js';
import type { Topic, TopicRegistry } from '../topic-registry.js';
import type { PartitionRefusal, ProduceAdmission, TransactionalBatch } from '../produce-admission.js';
import { batchHeaderBytes } from '../../protocol/records/record-batch.js';
import { codecMask, transactionalBit } from '../../protocol/records/attributes.js';

type TopicInput = ProduceRequest['topicData'][number];
type TopicOutput = ProduceResponseInput['responses'][number];
type PartitionOutput = TopicOutput['partitionResponses'][number];

const zstdCode = 4;
const firstZstdVersion = 7;
const firstTopicIdVersion = 13;
/** The one client that may write to the broker's own topics. */
const adminClientId = '__admin_client';

export interface ProduceParts {
  readonly topics: TopicRegistry;
  readonly purgatory: Purgatory;
  readonly clock: Clock;
  readonly admission: ProduceAdmission;
}

/** An append that acks=-1 has to wait for. */
interface Pending {
  readonly partition: PartitionRuntime;
  readonly lastOffset: number;
  /** The answer as it stands; it becomes a failure when the time runs out or the partition goes. */
  readonly output: PartitionOutput & { errorCode: number };
  isGone: boolean;
}

function failure(index: number, errorCode: number, errorMessage: string | null = null): PartitionOutput {
  return { index, errorCode, baseOffset: -1, errorMessage };
}

/** Whether a client's record data has the one form that is taken, or the error it gets (P2). */
function formProblem(records: Buffer | null, apiVersion: number): { code: number; message: string } | null {
  const invalid = (message: string) => ({ code: ErrorCode.INVALID_RECORD, message });
  if (records === null || records.length === 0)
    return invalid('A partition must be given one record batch, and there is none');
  if (records.length <= headerField.magic)
    return invalid(`${records.length} bytes are too few for a record batch`);
  const magic = records[headerField.magic];
  if (magic !== currentMagic)
    return invalid(`Only record batches of format 2 are taken, this one has format ${magic}`);
  if (records.length < batchHeaderBytes)
    return invalid(`${records.length} bytes are too few for a record batch`);
  const batchBytes = records.readInt32BE(headerField.batchLength) + logOverheadBytes;
  if (batchBytes < records.length)
    return invalid('A partition must be given one record batch, and there are more');
  const codec = records.readInt16BE(headerField.attributes) & codecMask;
  if (codec === zstdCode && apiVersion < firstZstdVersion) {
    return { code: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, message: 'zstd needs Produce version 7 or later' };
  }
  return null;
}

function isTransactional(records: Buffer | null): records is Buffer {
  return (
    records !== null &&
    records.length >= batchHeaderBytes &&
    records[headerField.magic] === currentMagic &&
    (records.readInt16BE(headerField.attributes) & transactionalBit) !== 0
  );
}

/** The error of the whole request (P1), or none. */
function requestProblem(request: ProduceRequest): number {
  const hasAcks = request.acks >= -1 && request.acks <= 1;
  let producer: Buffer | null = null;
  let isMixed = false;
  for (const { partitionData } of request.topicData) {
    for (const { records } of partitionData) {
      if (!isTransactional(records)) continue;
      if (request.transactionalId === null) return ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
      const id = records.subarray(headerField.producerId, headerField.producerId + 8);
      isMixed ||= producer !== null && !producer.equals(id);
      producer = id;
    }
  }
  if (!hasAcks) return ErrorCode.INVALID_REQUIRED_ACKS;
  return isMixed ? ErrorCode.INVALID_PRODUCER_ID_MAPPING : ErrorCode.NONE;
}

function refuseAll({ topicData }: ProduceRequest, errorCode: number): TopicOutput[] {
  return topicData.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) => failure(index, errorCode)),
  }));
}

/** Whose partitions exist; the others are refused anyhow. */
function transactionalBatches(
  { topicData }: ProduceRequest,
  topics: readonly (Topic | number)[],
): TransactionalBatch[] {
  const batches: TransactionalBatch[] = [];
  topicData.forEach(({ partitionData }, at) => {
    const topic = topics[at];
    if (topic === undefined || typeof topic === 'number' || topic.isInternal) return;
    for (const { index, records } of partitionData) {
      const partition = topic.partitions[index];
      if (partition === undefined || !isTransactional(records)) continue;
      const producerId = Number(records.readBigInt64BE(headerField.producerId));
      const producerEpoch = records.readInt16BE(headerField.producerEpoch);
      batches.push({ partition, producerId, producerEpoch });
    }
  });
  return batches;
}

class ProduceHandler {
  constructor(private readonly parts: ProduceParts) {}

  handle(
    request: ProduceRequest,
    context: RequestContext,
  ): Answer<ProduceResponseInput> | Promise<Answer<ProduceResponseInput>> {
    const problem = requestProblem(request);
    if (problem !== ErrorCode.NONE) return this.#finish(request, refuseAll(request, problem), []);
    const topics = request.topicData.map((input) => this.#topic(input, context.apiVersion));
    // Most requests are of no transaction.
    const batches = request.transactionalId === null ? [] : transactionalBatches(request, topics);
    const { admission } = this.parts;
    if (request.transactionalId === null || admission.isFree(batches, context.apiVersion))
      return this.#appendAll(request, topics, context, null);
    const { transactionalId } = request;
    return new Promise((resolve) =>
      admission.ask(transactionalId, batches, context.apiVersion, (refused) =>
        resolve(this.#appendAll(request, topics, context, refused)),
      ),
    );
  }

  /** `refused` are the transactional batches that may not be appended. */
  #appendAll(
    request: ProduceRequest,
    topics: readonly (Topic | number)[],
    context: RequestContext,
    refused: ReadonlyMap<PartitionRuntime, PartitionRefusal> | null,
  ): Answer<ProduceResponseInput> | Promise<Answer<ProduceResponseInput>> {
    const pending: Pending[] = [];
    const nowMs = this.parts.clock.nowMs();
    const responses = request.topicData.map((input, at): TopicOutput => {
      const topic = topics[at] ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      const partitionResponses: PartitionOutput[] = [];
      for (const { index, records } of input.partitionData)
        partitionResponses.push(this.#append(topic, index, records, context, nowMs, pending, refused));
      return { name: input.name, topicId: input.topicId, partitionResponses };
    });
    return this.#finish(request, responses, pending);
  }

  #finish(
    request: ProduceRequest,
    responses: TopicOutput[],
    pending: readonly Pending[],
  ): Answer<ProduceResponseInput> | Promise<Answer<ProduceResponseInput>> {
    if (request.acks === 0) return this.#answerNothing(responses);
    if (request.acks === 1 || pending.length === 0) return { responses };
    return this.#waitForReplicas({ responses }, pending, request.timeoutMs);
  }

  #topic(input: TopicInput, apiVersion: number): Topic | number {
    const { topics } = this.parts;
    if (apiVersion >= firstTopicIdVersion) {
      const known = input.topicId === zeroUuid ? undefined : topics.byId(input.topicId);
      return known ?? ErrorCode.UNKNOWN_TOPIC_ID;
    }
    return topics.byName(input.name) ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }

  #append(
    topic: Topic | number,
    index: number,
    records: Buffer | null,
    context: RequestContext,
    nowMs: number,
    pending: Pending[],
    refused: ReadonlyMap<PartitionRuntime, PartitionRefusal> | null,
  ): PartitionOutput {
    if (typeof topic === 'number') return failure(index, topic);
    const partition = topic.partitions[index];
    if (partition === undefined) return failure(index, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    const form = formProblem(records, context.apiVersion);
    if (form !== null || records === null) {
      return failure(index, form?.code ?? ErrorCode.INVALID_RECORD, form?.message);
    }
    if (topic.isInternal && context.clientId !== adminClientId) {
      return failure(index, ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic "${topic.name}" is the broker's own`);
    }
    const refusal = refused?.get(partition);
    if (refusal !== undefined && isTransactional(records))
      return failure(index, refusal.errorCode, refusal.message);
    const result = partition.append(records, { origin: 'client', nowMs });
    if (result.kind === 'rejected') {
      return {
        ...failure(index, result.errorCode, result.message),
        recordErrors: result.recordErrors.map(({ batchIndex, message }) => ({
          batchIndex,
          batchIndexErrorMessage: message,
        })),
      };
    }
    const { baseOffset, lastOffset, logAppendTimeMs, logStartOffset } = result;
    const output = {
      index,
      errorCode: ErrorCode.NONE as number,
      baseOffset,
      logAppendTimeMs,
      logStartOffset,
    };
    if (partition.highWatermark <= lastOffset) pending.push({ partition, lastOffset, output, isGone: false });
    return output;
  }

  /** A client that asked for no answer learns of an error by the connection alone. */
  #answerNothing(responses: readonly TopicOutput[]): Answer<ProduceResponseInput> {
    for (const { name, topicId, partitionResponses } of responses) {
      const failed = partitionResponses.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
      if (failed === undefined) continue;
      const topic = name === undefined || name === '' ? topicId : name;
      return new CloseConnection(
        `Produce with acks=0 to ${topic}-${failed.index} failed with error ${failed.errorCode}`,
      );
    }
    return noReply;
  }

  #waitForReplicas(
    response: ProduceResponseInput,
    pending: readonly Pending[],
    timeoutMs: number,
  ): Promise<ProduceResponseInput> {
    return new Promise((resolve) => {
      const committed = ({ partition, lastOffset }: Pending): boolean => partition.highWatermark > lastOffset;
      const isDecided = (): boolean => pending.every((each) => each.isGone || committed(each));
      const operation: ParkedOperation = {
        canComplete: isDecided,
        partitionGone(index) {
          const gone = pending[index];
          if (gone !== undefined) gone.isGone = true;
          return isDecided();
        },
        complete() {
          for (const each of pending) {
            if (committed(each)) continue;
            each.output.errorCode = each.isGone
              ? ErrorCode.NOT_LEADER_OR_FOLLOWER
              : ErrorCode.REQUEST_TIMED_OUT;
          }
          resolve(response);
        },
      };
      // Not abandoned with the connection: it ends within its time, and holds nothing but numbers.
      this.parts.purgatory.park(
        operation,
        pending.map(({ partition }) => partition),
        timeoutMs,
      );
    });
  }
}

export function produce(parts: ProduceParts): ServedApi {
  const handler = new ProduceHandler(parts);
  // Records are in the page cache when the append returns, and what is cached of them is a copy.
  return served(apis.produce, (request, context) => handler.handle(request, context), 'dropped');
}
