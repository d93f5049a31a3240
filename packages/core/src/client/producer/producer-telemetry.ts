// Decides which figures a producer keeps, and what listeners hear of its batches; once per batch, never per record.
import type { ProducerBatch } from '../../machines/producer/producer-batch.js';
import type { RecordAccumulator } from '../../machines/producer/record-accumulator.js';
import type { Clock } from '../../ports/clock.js';
import { batchHeaderBytes } from '../../protocol/records/record-batch.js';
import type { SenderObserver } from '../../runtime/sender-observer.js';
import { MetricList, secondsSince, type ClientMetric, type MetricGroup } from '../metrics/client-metric.js';
import { KeyedSensors, type Idle } from '../metrics/keyed-sensors.js';
import { Sensor } from '../metrics/sensor.js';
import type { Metadata } from '../metadata.js';
import type { NetworkClient } from '../network-client.js';
import type { TransactionEvent } from '../telemetry/event-types.js';
import type { SendReceiver } from './send-receivers.js';

type Batch = ProducerBatch<SendReceiver>;

/** Of one topic, or of all. */
class BatchMetrics implements Idle {
  /** Records per batch. */
  readonly records: Sensor;
  readonly bytes: Sensor;
  /** Size after compression, as a share of the size before. */
  readonly compressionRatio: Sensor;
  readonly retried: Sensor;
  readonly failed: Sensor;

  constructor(nowMs: number) {
    this.records = new Sensor(nowMs);
    this.bytes = new Sensor(nowMs);
    this.compressionRatio = new Sensor(nowMs);
    this.retried = new Sensor(nowMs);
    this.failed = new Sensor(nowMs);
  }

  get lastMs(): number {
    return Math.max(this.records.lastMs, this.failed.lastMs);
  }

  describe(group: MetricGroup): MetricGroup {
    return group
      .amounts('record-send', this.records, 'Records sent')
      .amounts('record-retry', this.retried, 'Records sent again')
      .amounts('record-error', this.failed, 'Records that were given up');
  }
}

export interface ProducerTelemetryParts {
  readonly client: NetworkClient;
  readonly metadata: Metadata;
  readonly accumulator: () => RecordAccumulator<SendReceiver>;
  readonly bufferMemoryBytes: number;
  /** Sends that wait for metadata or memory. */
  readonly waitingSends: () => number;
  readonly transactionalId: string | null;
}

/** Calls of the producer whose time is kept, in Kafka's words. */
export type TimedCall = 'flush' | 'txn-init' | 'txn-send-offsets' | 'txn-commit' | 'txn-abort';

const transactionCalls: Readonly<Record<TransactionEvent['operation'], TimedCall>> = {
  init: 'txn-init',
  sendOffsets: 'txn-send-offsets',
  commit: 'txn-commit',
  abort: 'txn-abort',
};
const timedCalls: readonly TimedCall[] = ['flush', ...Object.values(transactionCalls)];
const nanosecondsPerMs = 1e6;

export class ProducerTelemetry implements SenderObserver<SendReceiver> {
  readonly #clock: Clock;
  readonly #all: BatchMetrics;
  readonly #topics = new KeyedSensors((nowMs) => new BatchMetrics(nowMs));
  readonly #queueTimeMs: Sensor;
  readonly #recordBytes: Sensor;
  readonly #recordsPerRequest: Sensor;
  readonly #latencyMs: Sensor;
  readonly #throttleMs: Sensor;
  readonly #splits: Sensor;
  readonly #exhausted: Sensor;
  readonly #callNs = new Map<TimedCall, number>();

  constructor(private readonly parts: ProducerTelemetryParts) {
    this.#clock = parts.client.ports.clock;
    const nowMs = this.#clock.monotonicMs();
    this.#all = new BatchMetrics(nowMs);
    this.#queueTimeMs = new Sensor(nowMs);
    this.#recordBytes = new Sensor(nowMs);
    this.#recordsPerRequest = new Sensor(nowMs);
    this.#latencyMs = new Sensor(nowMs);
    this.#throttleMs = new Sensor(nowMs);
    this.#splits = new Sensor(nowMs);
    this.#exhausted = new Sensor(nowMs);
  }

  sent(batches: readonly Batch[], nowMs: number): void {
    let records = 0;
    for (const batch of batches) {
      const { recordCount, sizeBytes, plainBytes } = batch;
      records += recordCount;
      this.#queueTimeMs.record(nowMs - batch.createdMs, nowMs);
      this.#recordBytes.record((plainBytes - batchHeaderBytes) / recordCount, nowMs);
      for (const each of [this.#all, this.#topics.get(batch.queue.topic, nowMs)]) {
        each?.records.record(recordCount, nowMs);
        each?.bytes.record(sizeBytes, nowMs);
        each?.compressionRatio.record(sizeBytes / plainBytes, nowMs);
      }
    }
    this.#recordsPerRequest.record(records, nowMs);
  }

  answered(latencyMs: number, throttleTimeMs: number, nowMs: number): void {
    this.#latencyMs.record(latencyMs, nowMs);
    this.#throttleMs.record(throttleTimeMs, nowMs);
  }

  delivered(batch: Batch, baseOffset: number): void {
    if (this.parts.client.events.producerBatch.hasSubscribers) this.#tell(batch, baseOffset, null);
  }

  retried(batch: Batch, waitMs: number, error: Error): void {
    const nowMs = this.#clock.monotonicMs();
    const { topic, partition } = batch.queue;
    const { recordCount } = batch;
    this.#all.retried.record(recordCount, nowMs);
    this.#topics.get(topic, nowMs)?.retried.record(recordCount, nowMs);
    const { events, clientId } = this.parts.client;
    if (!events.producerRetry.hasSubscribers) return;
    events.producerRetry.publish({
      clientId,
      topic,
      partition,
      recordCount,
      retry: batch.retries,
      waitMs,
      error,
    });
  }

  split(): void {
    this.#splits.record(1, this.#clock.monotonicMs());
  }

  failed(batch: Batch, error: Error): void {
    const nowMs = this.#clock.monotonicMs();
    this.#all.failed.record(batch.recordCount, nowMs);
    this.#topics.get(batch.queue.topic, nowMs)?.failed.record(batch.recordCount, nowMs);
    if (this.parts.client.events.producerBatch.hasSubscribers) this.#tell(batch, -1, error);
  }

  /** A send waited for memory in vain. */
  bufferExhausted(): void {
    this.#exhausted.record(1, this.#clock.monotonicMs());
  }

  /** Adds up how long calls take. */
  async timed<Result>(call: TimedCall, work: Promise<Result>): Promise<Result> {
    const startMs = this.#clock.monotonicMs();
    try {
      return await work;
    } finally {
      const tookNs = (this.#clock.monotonicMs() - startMs) * nanosecondsPerMs;
      this.#callNs.set(call, (this.#callNs.get(call) ?? 0) + tookNs);
    }
  }

  transaction(operation: TransactionEvent['operation'], work: () => Promise<void>): Promise<void> {
    const timed = async (): Promise<void> => this.timed(transactionCalls[operation], work());
    const { client, transactionalId } = this.parts;
    const { transaction } = client.events;
    if (!transaction.hasSubscribers) return timed();
    return transaction.tracePromise(timed, { clientId: client.clientId, transactionalId, operation });
  }

  metrics(): ClientMetric[] {
    const { client, metadata } = this.parts;
    const nowMs = this.#clock.monotonicMs();
    const list = new MetricList(nowMs, client.clientId);
    client.metrics.describe(list, 'producer');
    const group = list.group('producer-metrics');
    this.#all
      .describe(group)
      .spread('batch-size', this.#all.bytes, 'size of a batch in bytes, after compression')
      .average('compression-rate-avg', this.#all.compressionRatio, 'size after compression by size before');
    this.#describeRequests(group);
    this.#describeMemory(group);
    group.value('metadata-age', secondsSince(nowMs, metadata.updatedMs), 'Seconds since the last metadata');
    for (const call of timedCalls)
      group.value(`${call}-time-ns-total`, this.#callNs.get(call) ?? 0, `Time of ${call} calls in ns`);
    for (const [topic, batches] of this.#topics.entries(nowMs)) {
      batches
        .describe(list.group('producer-topic-metrics', { topic: String(topic) }))
        .amounts('byte', batches.bytes, 'Bytes sent')
        .average('compression-rate', batches.compressionRatio, 'size after compression by size before');
    }
    return list.metrics;
  }

  #describeRequests(group: MetricGroup): void {
    group
      .occurrences('batch-split', this.#splits, 'Batches split because they were too large')
      .spread('record-queue-time', this.#queueTimeMs, 'time of a batch before it is sent in ms')
      .spread('record-size', this.#recordBytes, 'size of the records of a batch in bytes')
      .average('records-per-request-avg', this.#recordsPerRequest, 'number of records in a request')
      .spread('request-latency', this.#latencyMs, 'time from a Produce request to its answer in ms')
      .spread('produce-throttle-time', this.#throttleMs, 'time a broker asked to be left alone in ms')
      .value('requests-in-flight', this.parts.client.load, 'Requests without an answer yet');
  }

  #describeMemory(group: MetricGroup): void {
    group
      .value(
        'buffer-total-bytes',
        this.parts.bufferMemoryBytes,
        'Memory for records that wait (bufferMemory)',
      )
      .value('buffer-available-bytes', this.parts.accumulator().availableBytes, 'What is free of it')
      .occurrences('buffer-exhausted', this.#exhausted, 'Sends given up for want of memory')
      .value('waiting-threads', this.parts.waitingSends(), 'Sends that wait for memory or metadata');
  }

  #tell(batch: Batch, baseOffset: number, error: Error | null): void {
    const { events, clientId } = this.parts.client;
    const { topic, partition } = batch.queue;
    const { recordCount, sizeBytes, attempts, createdMs } = batch;
    const durationMs = this.#clock.monotonicMs() - createdMs;
    events.producerBatch.publish({
      clientId,
      topic,
      partition,
      recordCount,
      sizeBytes,
      attempts,
      durationMs,
      baseOffset,
      error,
    });
  }
}
