// An accumulator with everything that a test moves by hand: time, chance, leaders, answers.
import { createSeededRandom } from '../../../src/io/memory/seeded-random.js';
import type { ProducerBatch } from '../../../src/machines/producer/producer-batch.js';
import { ProducerIdentity } from '../../../src/machines/producer/producer-identity.js';
import {
  RecordAccumulator,
  type AccumulatorOptions,
} from '../../../src/machines/producer/record-accumulator.js';
import { SentRecord } from '../../../src/machines/producer/sent-record.js';

export type TestBatch = ProducerBatch<string>;

export class AccumulatorHarness {
  nowMs = 1000;
  readonly identity: ProducerIdentity | null;
  readonly accumulator: RecordAccumulator<string>;

  constructor(
    options: Partial<AccumulatorOptions> & {
      readonly idempotent?: boolean;
      readonly partitions?: number;
      /** Whether the partitions have taken a batch of the producer before. Default: true. */
      readonly knowsProducer?: boolean;
    } = {},
  ) {
    const { idempotent = false, partitions = 1, knowsProducer = true, ...rest } = options;
    this.identity = idempotent ? new ProducerIdentity() : null;
    this.identity?.initialize(7, 0);
    this.accumulator = new RecordAccumulator<string>(
      {
        batchSizeBytes: 200,
        bufferMemoryBytes: 100_000,
        lingerMs: 0,
        deliveryTimeoutMs: 10_000,
        oneBatchAtATime: false,
        ...rest,
      },
      this.identity,
      createSeededRandom(1),
    );
    this.accumulator.updateTopic(
      't',
      Array.from({ length: partitions }, () => ({ leader: 1, leaderEpoch: 0 })),
    );
    if (!knowsProducer) return;
    for (let partition = 0; partition < partitions; partition++)
      this.queue(partition).acknowledgedProducerId = 7;
  }

  /** False when there is no memory. */
  append(value: string, partition = 0): boolean {
    const queue = this.queue(partition);
    const record = new SentRecord('t', partition, this.nowMs);
    return (
      this.accumulator.tryAppend(queue, record, null, value, undefined, value) ||
      this.accumulator.appendToNewBatch(queue, record, null, value, undefined, value, this.nowMs)
    );
  }

  queue(partition = 0) {
    const queue = this.accumulator.topic('t')?.partitions[partition];
    if (queue === undefined) throw new Error(`no partition ${partition}`);
    return queue;
  }

  /** Appends records until the partition has `count` batches more. */
  fill(count: number, partition = 0): void {
    const before = this.queue(partition).length;
    for (let index = 0; this.queue(partition).length < before + count; index++)
      this.append(`${'x'.repeat(150)}${index}`, partition);
  }

  drain(maxBytes = 1_000_000, node = 1): TestBatch[] {
    const batches = this.accumulator.drain(node, this.nowMs, maxBytes);
    for (const batch of batches) {
      batch.attempts++;
      batch.encode(null);
    }
    return batches;
  }

  drainOne(): TestBatch {
    const [batch] = this.drain();
    if (batch === undefined) throw new Error('nothing could be drained');
    return batch;
  }

  /** The broker had no room, or was away: the batch comes again. */
  retry(batch: TestBatch): void {
    this.accumulator.retry(batch, this.nowMs, 100);
    this.nowMs += 100;
  }

  outOfOrder(batch: TestBatch): void {
    if (this.identity?.outOfOrder(batch.queue, batch) === 'doubtful') this.accumulator.doubt(batch);
    else this.retry(batch);
  }
}

export function sequenceOf(batch: TestBatch): [epoch: number, base: number] {
  return [batch.sequence?.producerEpoch ?? -1, batch.sequence?.baseSequence ?? -1];
}
