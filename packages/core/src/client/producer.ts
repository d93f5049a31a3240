// Decides what a producer does with a record that it is given: serialize, choose a partition, append to a batch, or wait.
import { writeText } from '../foundation/byte-writer.js';
import { partitionForKey } from '../foundation/murmur2.js';
import type { ProducerBatch, ProducerQueue } from '../machines/producer/producer-batch.js';
import { ProducerIdentity } from '../machines/producer/producer-identity.js';
import { RecordAccumulator, type TopicQueues } from '../machines/producer/record-accumulator.js';
import { SentRecord } from '../machines/producer/sent-record.js';
import type { Compressors } from '../ports/compressor.js';
import { batchHeaderBytes } from '../protocol/records/record-batch.js';
import { maxSizeOfRecord, sizeOfRecord, type RecordBytes } from '../protocol/records/record-size.js';
import { Sender } from '../runtime/sender.js';
import type { DeliveryFailure } from '../runtime/sender-delivery.js';
import { checkedTimeout } from './argument-checks.js';
import type { ClusterView } from './cluster-view.js';
import type { ConsumerGroupMetadata } from './consumer.js';
import type { OffsetToCommit } from './consumer/offset-committer.js';
import {
  BufferExhaustedError,
  ClosedError,
  IllegalStateError,
  InvalidArgumentError,
  KafkaError,
  RecordTooLargeError,
} from './errors.js';
import { Metadata, type MetadataOptions } from './metadata.js';
import type { ClientMetric } from './metrics/client-metric.js';
import type { NetworkClient } from './network-client.js';
import { createProduceTransport } from './produce-transport.js';
import { errorsOf } from './producer/delivery-errors.js';
import { headersOf, serialize } from './producer/outgoing-bytes.js';
import type { OutgoingRecord } from './producer/parked-sends.js';
import { abortError, AbortableSend } from './producer/abortable-send.js';
import { Parking } from './producer/parking.js';
import { choosePartition } from './producer/partitioner.js';
import { InterceptedSend, InterceptorChain } from './producer/producer-interceptor.js';
import { ProducerTelemetry } from './producer/producer-telemetry.js';
import { ManySends, SingleSend, type SendReceiver } from './producer/send-receivers.js';
import { ProducerTransactions } from './producer/transactions.js';
import { senderTransactionsOf, transactionManagerOf } from './producer/transaction-parts.js';
import type { ProducerConfig } from './producer-options.js';
import type { PartitionInfo, ProducerRecord, RecordMetadata } from './types.js';

const defaultCloseTimeoutMs = 30_000;
/** Keys up to this size are hashed in a buffer that is used again. */
const scratchBytes = 1024;

/** How a producer is closed. */
export interface CloseOptions {
  /** How long records that were sent may still take; what is left then fails. Default: 30000. */
  readonly timeoutMs?: number;
}

/** How a send can be given up. */
export interface SendOptions {
  /** Ends the wait for the send. Records that are not in a batch yet are not sent; the others may be delivered all the same. */
  readonly signal?: AbortSignal;
}

interface ProgressWaiter {
  readonly isDone: () => boolean;
  readonly resolve: () => void;
}

/** Sends records; Kafka's `KafkaProducer`. One producer serves the whole application: what is sent together goes together. */
export class Producer<K = unknown, V = unknown> {
  readonly #metadata: Metadata;
  readonly #identity: ProducerIdentity | null;
  readonly #accumulator: RecordAccumulator<SendReceiver>;
  readonly #sender: Sender<SendReceiver>;
  readonly #parking: Parking;
  /** Null without interceptors, which then cost nothing. */
  readonly #interceptors: InterceptorChain | null;
  /** Null without a transactional id. */
  readonly #transactions: ProducerTransactions | null;
  readonly #telemetry: ProducerTelemetry;
  readonly #scratch = Buffer.allocUnsafeSlow(scratchBytes);
  /** The record that is being sent: one object for all of them, copied when one has to wait. */
  readonly #draft: OutgoingRecord = emptyRecord();
  readonly #progressWaiters = new Set<ProgressWaiter>();
  #flushes = 0;
  #closing: Promise<void> | null = null;

  /** @internal Producers are made by `Kafka.producer`. */
  constructor(
    private readonly config: ProducerConfig<K, V>,
    metadataOptions: MetadataOptions,
    private readonly client: NetworkClient,
    compressors: Compressors,
    private readonly onClosed: () => void = () => undefined,
  ) {
    const { ports } = client;
    // A compressor that cannot be had is told of now, not at the first batch.
    if (config.compressionType !== 'none') compressors.get(config.compressionType);
    this.#interceptors =
      config.interceptors.length === 0 ? null : new InterceptorChain(config.interceptors, ports.diagnostics);
    const manager = transactionManagerOf(config, metadataOptions, ports.random);
    this.#identity = config.isIdempotent ? (manager?.identity ?? new ProducerIdentity()) : null;
    this.#metadata = new Metadata(client, metadataOptions);
    this.#telemetry = new ProducerTelemetry({
      client,
      metadata: this.#metadata,
      accumulator: () => this.#accumulator,
      bufferMemoryBytes: config.bufferMemoryBytes,
      waitingSends: () => this.#parking.count,
      transactionalId: config.transactionalId,
    });
    this.#accumulator = new RecordAccumulator(
      { ...config, oneBatchAtATime: !config.isIdempotent && config.maxInFlightRequestsPerConnection === 1 },
      this.#identity,
      ports.random,
    );
    this.#sender = new Sender(
      this.#accumulator,
      this.#identity,
      createProduceTransport(client, this.#metadata, config),
      { ...config, ...metadataOptions, requestTimeoutMs: config.requestTimeoutMs },
      { ...ports, compressors },
      {
        onFailed: (batch, failure) => this.#fail(batch, failure),
        onProgress: () => this.#onProgress(),
        observer: this.#telemetry,
      },
      manager === null
        ? null
        : senderTransactionsOf(manager, this.#accumulator, client, config, {
            transactions: () => this.#transactions,
            hasParkedSends: () => this.#parking.count > 0,
            onDropped: (batch, error) => this.#fail(batch, { kind: 'transport', error }),
          }),
    );
    this.#transactions =
      manager === null
        ? null
        : new ProducerTransactions({
            manager,
            transactionalId: config.transactionalId ?? '',
            maxBlockMs: config.maxBlockMs,
            ports,
            wake: () => this.#sender.wake(),
            flush: () => void this.flush(),
            rejectParked: (error) => this.#parking.rejectAll(error),
            lastFailure: () => this.#sender.lastFailure ?? this.#metadata.lastError,
          });
    this.#parking = new Parking({
      ports,
      config,
      accumulator: this.#accumulator,
      sender: this.#sender,
      metadata: this.#metadata,
      append: (record) => this.#append(record),
      checkSize: (record) => this.#checkSize(record),
      reject: (record, error) => this.#reject(record.receiver, record.index, error),
      onProgress: () => {
        this.#updateHurry();
        this.#checkProgress();
      },
    });
    this.#metadata.onUpdate((view) => this.#onMetadata(view));
  }

  /** Sends one record; resolves when the brokers that `acks` asks for have it. */
  send(record: ProducerRecord<K, V>, options?: SendOptions): Promise<RecordMetadata> {
    const single = new SingleSend();
    const receiver = this.#receiver(single, 1, single.reject, options?.signal);
    if (receiver !== null) this.#accept(record, receiver, 0, this.client.ports.clock.nowMs());
    return single.promise;
  }

  /** Sends records with one promise for all; rejects with a SendManyError, which holds each record's fate, when some fail. */
  sendMany(records: readonly ProducerRecord<K, V>[], options?: SendOptions): Promise<RecordMetadata[]> {
    if (!Array.isArray(records))
      return Promise.reject(new InvalidArgumentError('Cannot send: sendMany takes a list of records'));
    const { length } = records;
    if (length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const many = new ManySends(length, resolve, reject);
      const receiver = this.#receiver(many, length, reject, options?.signal);
      if (receiver === null) return;
      const nowMs = this.client.ports.clock.nowMs();
      for (let index = 0; index < length; index++) {
        this.#accept(records[index] as ProducerRecord<K, V>, receiver, index, nowMs);
      }
    });
  }

  /** Sends what waits without lingering; resolves when everything sent before this call has been delivered or has failed. */
  flush(): Promise<void> {
    return this.#telemetry.timed('flush', this.#flush());
  }

  /** The producer's figures, by the names that Kafka's producer has for them; computed now. */
  metrics(): ClientMetric[] {
    return this.#telemetry.metrics();
  }

  async #flush(): Promise<void> {
    this.#flushes++;
    this.#updateHurry();
    this.#sender.wake();
    const lastTicket = this.#parking.lastTicket;
    await this.#progress(() => this.#parking.oldestTicket > lastTicket);
    const lastOrder = this.#accumulator.lastOrder;
    await this.#progress(() => this.#accumulator.oldestOrder > lastOrder);
    this.#flushes--;
    this.#updateHurry();
  }

  /**
   * Makes the producer known under its transactional id, which fences earlier ones of that name and ends what they left open.
   * Once, before the first transaction. Like every call that ends with Transaction or Transactions: waits up to `maxBlockMs`, then
   * fails with a TimeoutError and can be made again, to wait for the same thing; an error with `abortable` asks for
   * `abortTransaction()`, one with `fatal` for `close()`.
   */
  async initTransactions(): Promise<void> {
    await this.#telemetry.transaction('init', () => this.#transactional('initTransactions').initialize());
  }

  /** From now on what is sent belongs to a transaction, until it is committed or aborted. */
  beginTransaction(): void {
    this.#transactional('beginTransaction').begin();
  }

  /** Commits a group's offsets (of the next records to read) if and when the transaction is committed; take `groupMetadata` of the consumer. */
  async sendOffsetsToTransaction(
    offsets: readonly OffsetToCommit[],
    groupMetadata: ConsumerGroupMetadata,
  ): Promise<void> {
    await this.#telemetry.transaction('sendOffsets', () =>
      this.#transactional('sendOffsetsToTransaction').sendOffsets(offsets, groupMetadata),
    );
  }

  /** Waits for all that was sent, then makes it visible as one; fails when any of it was not sent. */
  async commitTransaction(): Promise<void> {
    await this.#telemetry.transaction('commit', () => this.#transactional('commitTransaction').commit());
  }

  /** Takes all that was sent back: read_committed consumers never see it. What was not sent yet fails. */
  async abortTransaction(): Promise<void> {
    await this.#telemetry.transaction('abort', () => this.#transactional('abortTransaction').abort());
  }

  /** The partitions of a topic, which is created when the broker does so by itself. */
  async partitionsFor(topic: string): Promise<PartitionInfo[]> {
    this.#checkOpen();
    await this.#metadata.ready(topic, this.config.maxBlockMs);
    return this.#metadata.view.partitionsOf(topic);
  }

  /** Waits for what was sent, at most `timeoutMs`, and closes all connections. Never fails; a second call waits for the first. */
  async close(options: CloseOptions = {}): Promise<void> {
    const timeoutMs = checkedTimeout('Cannot close', options.timeoutMs ?? defaultCloseTimeoutMs);
    await (this.#closing ??= this.#close(timeoutMs));
  }

  async #close(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.client.ports.timers.after(timeoutMs, resolve);
      void this.#finish().then(() => {
        timer.cancel();
        resolve();
      });
    });
    const error = new ClosedError('The producer was closed before the record was delivered');
    this.#sender.close();
    for (const batch of this.#accumulator.abandonAll()) this.#fail(batch, { kind: 'transport', error });
    this.#parking.close(error);
    this.#transactions?.close(error);
    this.#metadata.close();
    this.client.close();
    this.#checkProgress();
    this.#interceptors?.close();
    this.config.partitioner?.close?.();
    this.onClosed();
  }

  /** What was sent is awaited; a transaction that nobody has committed is aborted. */
  async #finish(): Promise<void> {
    if (this.#parking.count > 0 || this.#accumulator.incomplete.size > 0) await this.flush();
    await this.#transactions?.finish();
  }

  /** The receiver with what the options add to it; null when the send was aborted before it began. */
  #receiver(
    receiver: SendReceiver,
    count: number,
    reject: (error: Error) => void,
    signal: AbortSignal | undefined,
  ): SendReceiver | null {
    const intercepted =
      this.#interceptors === null ? receiver : new InterceptedSend(receiver, this.#interceptors);
    if (signal === undefined) return intercepted;
    if (!signal.aborted) return new AbortableSend(intercepted, signal, count, reject);
    reject(abortError(signal));
    return null;
  }

  #transactional(method: string): ProducerTransactions {
    this.#checkOpen();
    if (this.#transactions !== null) return this.#transactions;
    throw new IllegalStateError(`Cannot call ${method}(): the producer has no transactionalId`);
  }

  /** The record is in no batch, and will not be; a transaction that misses it cannot be committed. */
  #reject(receiver: SendReceiver, index: number, error: Error): void {
    if (!receiver.isAborted) this.#transactions?.recordRejected(error);
    if (error instanceof BufferExhaustedError) this.#telemetry.bufferExhausted();
    receiver.rejected(index, error);
  }

  #checkOpen(): void {
    if (this.#closing !== null) throw new ClosedError('The producer is closed');
  }

  /** Appends the record now if nothing stands in the way, else parks it. Whatever is wrong with it goes to the receiver. */
  #accept(given: ProducerRecord<K, V>, receiver: SendReceiver, index: number, nowMs: number): void {
    let key: RecordBytes | Promise<RecordBytes> = null;
    let isInTransaction = false;
    try {
      this.#checkOpen();
      this.#transactions?.checkOpen('send');
      isInTransaction = true;
      const input =
        this.#interceptors === null ? given : (this.#interceptors.onSend(given) as ProducerRecord<K, V>);
      const topic: unknown = input?.topic;
      if (typeof topic !== 'string' || topic === '') throw new InvalidArgumentError('A record has no topic');
      const partition = partitionOf(input);
      const timestamp = timestampOf(input, nowMs);
      const headers = headersOf(input.headers, topic);
      key = serialize(this.config.keySerializer, topic, input.key, 'key');
      const value = serialize(this.config.valueSerializer, topic, input.value, 'value');
      const isLater = key instanceof Promise || value instanceof Promise;
      // A partitioner may send other records before it answers.
      const record = this.config.partitioner === null ? this.#draft : { ...this.#draft };
      record.topic = topic;
      record.partition = partition;
      record.timestamp = timestamp;
      record.key = isLater ? null : (key as RecordBytes);
      record.value = isLater ? null : (value as RecordBytes);
      record.headers = headers;
      record.receiver = receiver;
      record.index = index;
      record.input = this.config.partitioner === null ? null : input;
      if (isLater) {
        this.#parking.parkUntilSerialized({ ...record }, key, value);
        return;
      }
      this.#checkSize(record);
      if (this.#parking.count > 0 || !this.#append(record)) this.#parking.park({ ...record }, 'ready');
    } catch (error) {
      // The value cannot be had; whatever comes of the key is of no interest then.
      if (key instanceof Promise) key.catch(() => undefined);
      const failure = error instanceof Error ? error : new Error(String(error));
      if (isInTransaction) this.#reject(receiver, index, failure);
      else receiver.rejected(index, failure);
    }
  }

  #checkSize(record: OutgoingRecord): void {
    const { key, value, headers, topic } = record;
    const limit = Math.min(this.config.maxRequestSizeBytes, this.config.bufferMemoryBytes);
    if (batchHeaderBytes + maxSizeOfRecord(key, value, headers) <= limit) return;
    const size = batchHeaderBytes + sizeOfRecord(0, 0, key, value, headers);
    if (size <= limit) return;
    const option = limit === this.config.maxRequestSizeBytes ? 'maxRequestSize' : 'bufferMemory';
    throw new RecordTooLargeError(
      `A record for ${topic} takes ${size} bytes, more than ${option} (${limit})`,
    );
  }

  /** False when metadata or memory is missing. */
  #append(record: OutgoingRecord): boolean {
    const topic = this.#accumulator.topic(record.topic);
    if (topic === undefined || topic.partitions.length === 0) return false;
    const refusal = this.#refusal(record, topic);
    if (refusal !== null) {
      this.#reject(record.receiver, record.index, refusal);
      return true;
    }
    const isSticky = record.partition < 0 && (record.key === null || this.config.partitionerIgnoreKeys);
    const queue = topic.partitions[this.#choosePartition(record, topic, isSticky)];
    if (queue === undefined) return false;
    const sent = new SentRecord(record.topic, queue.partition, record.timestamp);
    if (!this.#appendTo(queue, sent, record)) return false;
    record.receiver.accepted(record.index, sent);
    if (isSticky) {
      const bytes = sent.serializedKeySize + sent.serializedValueSize + recordOverheadBytes;
      topic.sticky.produced(bytes, queue.last?.isFull ?? true, topic.partitions);
    }
    return true;
  }

  /** Why the record is not to be sent after all; null when it is. Asks the partitioner, once. */
  #refusal(record: OutgoingRecord, topic: TopicQueues<SendReceiver>): Error | null {
    if (record.receiver.isAborted) return new KafkaError('The send was aborted', { code: 'ABORTED' });
    const { input } = record;
    const { partitioner } = this.config;
    if (input === null || partitioner === null) return null;
    record.input = null;
    if (record.partition >= 0) return null;
    try {
      record.partition = choosePartition(partitioner, input, topic);
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #appendTo(queue: ProducerQueue<SendReceiver>, sent: SentRecord, record: OutgoingRecord): boolean {
    const { key, value, headers, receiver } = record;
    if (this.#accumulator.tryAppend(queue, sent, key, value, headers, receiver)) {
      if (queue.last?.isFull) this.#sender.wake();
      return true;
    }
    const nowMs = this.client.ports.clock.monotonicMs();
    this.#sender.wake();
    return this.#accumulator.appendToNewBatch(queue, sent, key, value, headers, receiver, nowMs);
  }

  /** PC4: what the record says, else what its key says, else the partition that sticks. */
  #choosePartition(record: OutgoingRecord, topic: TopicQueues<SendReceiver>, isSticky: boolean): number {
    if (record.partition >= 0) return record.partition;
    if (isSticky) return topic.sticky.current(topic.partitions);
    return this.#partitionOfKey(record.key, topic.partitions.length);
  }

  #partitionOfKey(key: RecordBytes, partitionCount: number): number {
    if (typeof key !== 'string') return key === null ? 0 : partitionForKey(key, partitionCount);
    if (key.length * 3 > scratchBytes) return partitionForKey(Buffer.from(key), partitionCount);
    return partitionForKey(this.#scratch, partitionCount, writeText(this.#scratch, 0, key));
  }

  #onMetadata(view: ClusterView): void {
    for (const name of view.topicNames()) {
      const topic = view.topic(name);
      if (topic !== undefined) this.#accumulator.updateTopic(name, topic.partitions);
    }
    this.#parking.pump();
    this.#sender.wake();
  }

  #onProgress(): void {
    this.#parking.pump();
    this.#checkProgress();
  }

  #fail(batch: ProducerBatch<SendReceiver>, failure: DeliveryFailure): void {
    const errorOf = errorsOf(batch, failure, (nodeId) => this.client.nodeName(nodeId));
    const first = errorOf(0);
    this.#telemetry.failed(batch, first);
    this.#transactions?.batchFailed(batch, failure, first);
    this.client.ports.diagnostics.log('debug', first.message, {
      clientId: this.client.clientId,
      topic: batch.queue.topic,
      partition: batch.queue.partition,
      code: first instanceof KafkaError ? first.code : null,
    });
    for (const [index, receiver] of batch.receivers.entries()) {
      const record = batch.records[index];
      if (record !== undefined) receiver.failed(errorOf(index), record);
    }
  }

  #updateHurry(): void {
    this.#accumulator.isHurried = this.#flushes > 0 || this.#parking.waitsForMemory;
    if (this.#accumulator.isHurried) this.#sender.wake();
  }

  #progress(isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve();
    return new Promise((resolve) => this.#progressWaiters.add({ isDone, resolve }));
  }

  #checkProgress(): void {
    for (const waiter of this.#progressWaiters) {
      if (!waiter.isDone()) continue;
      this.#progressWaiters.delete(waiter);
      waiter.resolve();
    }
  }
}

/** About what a record takes beside its key and value; enough to count how much went to a partition. */
const recordOverheadBytes = 8;

function partitionOf(input: ProducerRecord): number {
  const { partition } = input;
  if (partition === undefined || partition === null) return -1;
  if (!Number.isInteger(partition) || partition < 0) {
    throw new InvalidArgumentError(
      `A record for ${input.topic} names partition ${partition}; partitions count from 0`,
    );
  }
  return partition;
}

function timestampOf(input: ProducerRecord, nowMs: number): number {
  const { timestamp } = input;
  if (timestamp === undefined) return nowMs;
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
    throw new InvalidArgumentError(
      `The timestamp of a record for ${input.topic} is ${timestamp}; it has to be whole milliseconds since 1970`,
    );
  }
  return timestamp;
}

function emptyRecord(): OutgoingRecord {
  const receiver = new SingleSend();
  return {
    topic: '',
    partition: -1,
    timestamp: 0,
    key: null,
    value: null,
    headers: undefined,
    receiver,
    index: 0,
    input: null,
  };
}
