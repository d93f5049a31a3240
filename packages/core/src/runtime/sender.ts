// Decides when batches of the producer go out, over which node, and what follows from each answer.
import { backoffMs } from '../foundation/backoff.js';
import { zeroUuid } from '../foundation/uuid.js';
import { decideDelivery } from '../machines/producer/delivery-decision.js';
import type { ProducerBatch } from '../machines/producer/producer-batch.js';
import type { ProducerIdentity } from '../machines/producer/producer-identity.js';
import type { RecordAccumulator } from '../machines/producer/record-accumulator.js';
import { concurrentBackoffMs } from '../machines/producer/transaction-coordinators.js';
import type { Clock } from '../ports/clock.js';
import type { Compressors, CompressionType } from '../ports/compressor.js';
import type { Random } from '../ports/random.js';
import type { Timer, Timers } from '../ports/timers.js';
import { ErrorCode, errorByCode } from '../protocol/errors.js';
import type { ProduceRequestInput, ProduceResponse } from '../protocol/messages/00-produce.js';
import type { DeliveryFailure, DeliveryReceiver } from './sender-delivery.js';
import type { SenderObserver } from './sender-observer.js';
import type { SenderTransactions } from './sender-transactions.js';
import type { TransportOutcome } from './transport-outcome.js';

type PartitionAnswer = ProduceResponse['responses'][number]['partitionResponses'][number];

/** The sender's way to the cluster. */
export interface ProduceTransport {
  produce(
    node: number,
    request: ProduceRequestInput,
    maxVersion: number,
  ): Promise<TransportOutcome<ProduceResponse>>;
  initProducerId(): Promise<
    TransportOutcome<{
      readonly errorCode: number;
      readonly producerId: number;
      readonly producerEpoch: number;
    }>
  >;
  /** The topic's id, all zeros when it has none. */
  topicId(topic: string): string;
  /** Asks for metadata soon; what is learnt comes through the accumulator's `updateTopic`. */
  requestMetadata(): void;
  /** The answer named another leader (KIP-951). */
  leaderHint(topic: string, answer: PartitionAnswer, response: ProduceResponse): void;
}

export interface SenderOptions {
  /** Null without transactions. */
  readonly transactionalId: string | null;
  readonly acks: -1 | 0 | 1;
  readonly compressionType: CompressionType;
  readonly maxInFlightRequestsPerConnection: number;
  readonly maxRequestSizeBytes: number;
  readonly requestTimeoutMs: number;
  readonly retries: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
}

export interface SenderPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly compressors: Compressors;
}

export interface SenderListener<Receiver extends DeliveryReceiver> {
  /** The batch's records failed; `failure` tells why. */
  onFailed(batch: ProducerBatch<Receiver>, failure: DeliveryFailure): void;
  /** Batches were finished: there is memory again, and a flush may be over. */
  onProgress(): void;
  /** Keeps figures; null where nobody wants any. */
  readonly observer: SenderObserver<Receiver> | null;
}

type Batches<Receiver> = readonly ProducerBatch<Receiver>[];

/** Produce names topics by id from this version on. */
const firstVersionWithTopicIds = 13;
/** From the next version on, Produce adds its partitions to the transaction (KIP-890). */
const lastVersionWithoutImplicitAdding = 11;
const concurrent = ErrorCode.CONCURRENT_TRANSACTIONS;
/** The most that a batch the broker found too large may expand to when it is opened to be split. */
const maxExpandedBytes = 1024 * 1024 * 1024;

export class Sender<Receiver extends DeliveryReceiver> {
  readonly #inFlight = new Map<number, number>();
  #isPlanned = false;
  #isClosed = false;
  #timer: Timer | null = null;
  #timerMs = Number.POSITIVE_INFINITY;
  #lastFailure: Error | null = null;
  #initFailures = 0;
  #initTimer: Timer | null = null;
  #fatal: DeliveryFailure | null = null;

  constructor(
    private readonly accumulator: RecordAccumulator<Receiver>,
    private readonly identity: ProducerIdentity | null,
    private readonly transport: ProduceTransport,
    private readonly options: SenderOptions,
    private readonly ports: SenderPorts,
    private readonly listener: SenderListener<Receiver>,
    private readonly transactions: SenderTransactions<Receiver> | null = null,
  ) {}

  /** The failure after which nothing can be sent any more; null while there is none. */
  get fatal(): DeliveryFailure | null {
    return this.#fatal;
  }

  /** The last thing that went wrong, for the message of a timeout. */
  get lastFailure(): Error | null {
    return this.#lastFailure;
  }

  /** Looks for work in the next turn, so that all that is sent in this one goes together. */
  wake(): void {
    if (this.#isPlanned || this.#isClosed) return;
    this.#isPlanned = true;
    this.ports.timers.soon(this.#onTurn);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#initTimer?.cancel();
  }

  readonly #onTurn = (): void => {
    this.#isPlanned = false;
    if (!this.#isClosed) this.#run();
  };

  #run(): void {
    const nowMs = this.ports.clock.monotonicMs();
    this.#expire(nowMs);
    const transactionsMs = this.#prepare(nowMs);
    const ready = this.accumulator.ready(nowMs);
    if (ready.lacksLeader) this.transport.requestMetadata();
    for (const node of ready.nodes) this.#drain(node, nowMs);
    this.#wakeAt(Math.min(ready.wakeMs, this.accumulator.nextExpiryMs(), transactionsMs), nowMs);
  }

  /** Sees to what batches need before they may go: an identity, or a place in the transaction. Gives the time to look again. */
  #prepare(nowMs: number): number {
    if (this.transactions !== null) return this.transactions.run(nowMs, this.#onTransactionAnswer);
    if (this.accumulator.settleSequences() || this.identity?.state === 'needed') this.#requestIdentity();
    return Number.POSITIVE_INFINITY;
  }

  readonly #onTransactionAnswer = (): void => {
    if (this.#isClosed) return;
    this.listener.onProgress();
    this.wake();
  };

  #drain(node: number, nowMs: number): void {
    let inFlight = this.#inFlight.get(node) ?? 0;
    while (inFlight < this.options.maxInFlightRequestsPerConnection) {
      const batches = this.accumulator.drain(node, nowMs, this.options.maxRequestSizeBytes);
      if (batches.length === 0) return;
      inFlight++;
      this.#inFlight.set(node, inFlight);
      void this.#send(node, batches);
    }
  }

  async #send(node: number, batches: Batches<Receiver>): Promise<void> {
    const startMs = this.ports.clock.monotonicMs();
    const outcome = await this.#produce(node, batches);
    this.#answered(node);
    const nowMs = this.ports.clock.monotonicMs();
    switch (outcome.kind) {
      case 'answered':
        this.listener.observer?.answered(nowMs - startMs, outcome.response.throttleTimeMs, nowMs);
        this.#lastFailure = null;
        this.#takeAnswer(batches, outcome.response, nowMs);
        break;
      case 'unanswered':
        for (const batch of batches) this.#deliver(batch, -1, -1);
        break;
      case 'failed':
        this.#lastFailure = outcome.error;
        this.transport.requestMetadata();
        for (const batch of batches) this.#takeTransportFailure(batch, outcome, nowMs);
        break;
    }
    if (this.#isClosed) return;
    this.listener.onProgress();
    this.wake();
  }

  #answered(node: number): void {
    const inFlight = (this.#inFlight.get(node) ?? 1) - 1;
    if (inFlight > 0) this.#inFlight.set(node, inFlight);
    else this.#inFlight.delete(node);
  }

  #produce(node: number, batches: Batches<Receiver>): Promise<TransportOutcome<ProduceResponse>> {
    let request: ProduceRequestInput;
    try {
      request = this.#requestOf(batches);
    } catch (cause) {
      // A compressor that fails on these records fails again.
      const error = cause instanceof Error ? cause : new Error(String(cause));
      return Promise.resolve({ kind: 'failed', error, isRetriable: false, wasWritten: true });
    }
    for (const batch of batches) batch.attempts++;
    this.listener.observer?.sent(batches, this.ports.clock.monotonicMs());
    const hasAllIds = request.topicData.every((topic) => topic.topicId !== zeroUuid);
    const maxVersion = Math.min(
      hasAllIds ? Number.MAX_SAFE_INTEGER : firstVersionWithTopicIds - 1,
      this.transactions?.manager.protocolVersion === 1
        ? lastVersionWithoutImplicitAdding
        : Number.MAX_SAFE_INTEGER,
    );
    return this.transport.produce(node, request, maxVersion);
  }

  #requestOf(batches: Batches<Receiver>): ProduceRequestInput {
    const { compressionType } = this.options;
    const compressor = compressionType === 'none' ? null : this.ports.compressors.get(compressionType);
    const topics = new Map<
      string,
      { name: string; topicId: string; partitionData: { index: number; records: Buffer }[] }
    >();
    for (const batch of batches) {
      const { topic: name, partition } = batch.queue;
      let topic = topics.get(name);
      if (topic === undefined) {
        topic = { name, topicId: this.transport.topicId(name), partitionData: [] };
        topics.set(name, topic);
      }
      topic.partitionData.push({ index: partition, records: batch.encode(compressor) });
    }
    return {
      transactionalId: this.options.transactionalId,
      acks: this.options.acks,
      timeoutMs: this.options.requestTimeoutMs,
      topicData: [...topics.values()],
    };
  }

  #takeAnswer(batches: Batches<Receiver>, response: ProduceResponse, nowMs: number): void {
    const topics = new Map<string, Map<number, PartitionAnswer>>();
    for (const topic of response.responses) {
      const partitions = new Map(topic.partitionResponses.map((answer) => [answer.index, answer]));
      topics.set(topic.name === '' ? topic.topicId : topic.name, partitions);
    }
    for (const batch of batches) {
      const { topic, partition } = batch.queue;
      const answers = topics.get(topic) ?? topics.get(this.transport.topicId(topic));
      const answer = answers?.get(partition);
      if (answer === undefined) {
        const error = new Error('The answer to Produce does not mention the partition');
        this.#takeTransportFailure(
          batch,
          { kind: 'failed', error, isRetriable: true, wasWritten: true },
          nowMs,
        );
      } else {
        this.#takePartition(batch, answer, response, nowMs);
      }
    }
  }

  #takePartition(
    batch: ProducerBatch<Receiver>,
    answer: PartitionAnswer,
    response: ProduceResponse,
    nowMs: number,
  ): void {
    const { errorCode } = answer;
    if (errorCode === ErrorCode.NONE) {
      this.#deliver(batch, answer.baseOffset, answer.logAppendTimeMs);
      return;
    }
    const { topic } = batch.queue;
    if (errorByCode(errorCode).invalidMetadata) {
      this.transport.leaderHint(topic, answer, response);
      this.transport.requestMetadata();
    }
    const facts = {
      recordCount: batch.recordCount,
      retries: batch.retries,
      isIdempotent: this.identity !== null,
    };
    switch (decideDelivery(facts, errorCode, this.options.retries)) {
      case 'delivered':
        this.#deliver(batch, answer.baseOffset, answer.logAppendTimeMs);
        return;
      case 'retry':
        this.#lastFailure = answerError(batch, answer);
        this.#retry(
          batch,
          nowMs,
          this.#lastFailure,
          errorCode === concurrent ? concurrentBackoffMs : undefined,
        );
        return;
      case 'out-of-order':
        this.#takeOutOfOrder(batch, answer, nowMs);
        return;
      case 'split':
        this.listener.observer?.split(batch);
        this.accumulator.split(batch, nowMs, {
          decompressors: this.ports.compressors,
          maxBytes: maxExpandedBytes,
        });
        return;
      case 'failed':
        this.#refuse(batch, answer);
    }
  }

  #takeOutOfOrder(batch: ProducerBatch<Receiver>, answer: PartitionAnswer, nowMs: number): void {
    const next = this.identity?.outOfOrder(batch.queue, batch);
    this.#lastFailure = answerError(batch, answer);
    if (next === 'doubtful') this.accumulator.doubt(batch);
    else if (next === 'failed') this.#refuse(batch, answer);
    else this.#retry(batch, nowMs, this.#lastFailure);
  }

  #refuse(batch: ProducerBatch<Receiver>, answer: PartitionAnswer): void {
    if (!this.accumulator.refuse(batch)) return;
    const { errorCode, errorMessage: message } = answer;
    const recordErrors = new Map(
      answer.recordErrors.map((error) => [error.batchIndex, error.batchIndexErrorMessage]),
    );
    this.listener.onFailed(batch, { kind: 'refused', errorCode, message, recordErrors });
  }

  #takeTransportFailure(
    batch: ProducerBatch<Receiver>,
    failure: Extract<TransportOutcome<never>, { kind: 'failed' }>,
    nowMs: number,
  ): void {
    // A broker that was not reached costs the batch none of its retries: it was not tried.
    if (!failure.wasWritten) {
      this.#retry(batch, nowMs, failure.error);
      batch.attempts--;
      batch.retries--;
      return;
    }
    if (failure.isRetriable && batch.retries < this.options.retries) {
      this.#retry(batch, nowMs, failure.error);
      return;
    }
    batch.queue.removeOnWire(batch);
    if (batch.state === 'done') return;
    batch.state = 'waiting';
    this.accumulator.abandon(batch);
    this.listener.onFailed(batch, { kind: 'transport', error: failure.error });
  }

  #retry(batch: ProducerBatch<Receiver>, nowMs: number, reason: Error, firstMs?: number): void {
    const { retryBackoffMs, retryBackoffMaxMs } = this.options;
    const waitMs = backoffMs(batch.retries, firstMs ?? retryBackoffMs, retryBackoffMaxMs, this.ports.random);
    this.accumulator.retry(batch, nowMs, waitMs);
    if (batch.state !== 'done') this.listener.observer?.retried(batch, waitMs, reason);
  }

  #deliver(batch: ProducerBatch<Receiver>, baseOffset: number, logAppendTimeMs: number): void {
    for (const earlier of this.accumulator.provenBy(batch)) this.#settle(earlier, -1, -1);
    this.#settle(batch, baseOffset, logAppendTimeMs);
  }

  #settle(batch: ProducerBatch<Receiver>, baseOffset: number, logAppendTimeMs: number): void {
    if (!this.accumulator.complete(batch, baseOffset, logAppendTimeMs)) return;
    this.listener.observer?.delivered(batch, baseOffset);
    const { records, receivers } = batch;
    for (let index = 0; index < receivers.length; index++) {
      const record = records[index];
      if (record !== undefined) receivers[index]?.delivered(record);
    }
  }

  #expire(nowMs: number): void {
    if (this.accumulator.nextExpiryMs() > nowMs) return;
    for (const batch of this.accumulator.expire(nowMs)) {
      this.listener.onFailed(batch, {
        kind: 'expired',
        error: this.#lastFailure,
        ageMs: nowMs - batch.createdMs,
      });
    }
    this.listener.onProgress();
  }

  /** Asks for a producer id (KIP-98); everything waits for it. */
  #requestIdentity(): void {
    const { identity } = this;
    if (identity === null || identity.state !== 'needed' || this.#fatal !== null) return;
    identity.state = 'requested';
    void this.transport.initProducerId().then((outcome) => {
      if (this.#isClosed) return;
      if (outcome.kind === 'answered' && outcome.response.errorCode === ErrorCode.NONE) {
        this.#initFailures = 0;
        identity.initialize(outcome.response.producerId, outcome.response.producerEpoch);
        this.wake();
        return;
      }
      this.#takeIdentityFailure(outcome, identity);
    });
  }

  #takeIdentityFailure(
    outcome: TransportOutcome<{ readonly errorCode: number }>,
    identity: ProducerIdentity,
  ): void {
    const errorCode = outcome.kind === 'answered' ? outcome.response.errorCode : ErrorCode.NONE;
    const isRetriable = outcome.kind === 'failed' ? outcome.isRetriable : errorByCode(errorCode).retriable;
    if (outcome.kind === 'failed') this.#lastFailure = outcome.error;
    if (isRetriable) {
      const { retryBackoffMs, retryBackoffMaxMs } = this.options;
      const waitMs = backoffMs(this.#initFailures++, retryBackoffMs, retryBackoffMaxMs, this.ports.random);
      this.#initTimer = this.ports.timers.after(waitMs, () => {
        if (identity.state === 'requested') identity.state = 'needed';
        this.wake();
      });
      return;
    }
    this.#fatal =
      outcome.kind === 'failed'
        ? { kind: 'transport', error: outcome.error }
        : { kind: 'no-producer-id', errorCode };
    for (const batch of this.accumulator.abandonAll()) this.listener.onFailed(batch, this.#fatal);
    this.listener.onProgress();
  }

  #wakeAt(atMs: number, nowMs: number): void {
    if (atMs === Number.POSITIVE_INFINITY || (this.#timer !== null && this.#timerMs <= atMs)) return;
    this.#timer?.cancel();
    this.#timerMs = atMs;
    this.#timer = this.ports.timers.after(Math.max(0, Math.ceil(atMs - nowMs)), () => {
      this.#timer = null;
      this.#timerMs = Number.POSITIVE_INFINITY;
      this.wake();
    });
  }
}

/** What a broker said of a batch, for the message of a timeout. */
function answerError({ queue }: ProducerBatch, { errorCode, errorMessage }: PartitionAnswer): Error {
  const { name, message } = errorByCode(errorCode);
  return new Error(`${queue.topic}-${queue.partition}: ${name} (${errorMessage ?? message})`);
}
