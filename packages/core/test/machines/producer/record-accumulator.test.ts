import { createCompressors } from '../../../src/io/compression/compressors.js';
import { RecordBatch } from '../../../src/protocol/records/record-batch.js';
import { RecordCursor } from '../../../src/protocol/records/record-reader.js';
import { AccumulatorHarness, sequenceOf, type TestBatch } from './accumulator-harness.js';

const expansion = { decompressors: createCompressors(), maxBytes: 1_000_000 };

function valuesOf(batch: TestBatch): (string | null)[] {
  const cursor = new RecordCursor(new RecordBatch(batch.encode(null)), expansion);
  const values: (string | null)[] = [];
  while (cursor.next()) values.push(cursor.valueText);
  return values;
}

describe('record accumulator', () => {
  test('PC5: a batch waits for linger and is ready when it is over', () => {
    const harness = new AccumulatorHarness({ lingerMs: 50 });
    harness.append('a');
    expect(harness.accumulator.ready(1049)).toEqual({ nodes: [], wakeMs: 1050, lacksLeader: false });
    expect(harness.drain()).toEqual([]);
    harness.nowMs = 1050;
    expect(harness.accumulator.ready(1050).nodes).toEqual([1]);
    expect(valuesOf(harness.drainOne())).toEqual(['a']);
  });

  test.each([
    ['full', (harness: AccumulatorHarness) => harness.fill(2)],
    [
      'hurried (flush, close, or somebody waits for memory)',
      (harness: AccumulatorHarness) => (harness.accumulator.isHurried = true),
    ],
  ])('PC5: a batch does not linger when it is %s', (_why, make) => {
    const harness = new AccumulatorHarness({ lingerMs: 50 });
    harness.append('a');
    expect(harness.accumulator.ready(1000).nodes).toEqual([]);
    make(harness);
    expect(harness.accumulator.ready(1000).nodes).toEqual([1]);
  });

  test('PC5: a node gets one batch of each partition per request, within the size, taking turns', () => {
    const harness = new AccumulatorHarness({ partitions: 3 });
    for (const partition of [0, 1, 2]) harness.fill(2, partition);
    const first = harness.drain();
    expect(first.map(({ queue }) => queue.partition)).toEqual([0, 1, 2]);
    const limited = harness.drain(250);
    expect(limited).toHaveLength(1);
    const rest = harness.drain();
    expect([...limited, ...rest].map(({ queue }) => queue.partition).sort((a, b) => a - b)).toEqual([
      0, 1, 2,
    ]);
    expect(rest.map(({ queue }) => queue.partition)).not.toContain(limited[0]?.queue.partition);
  });

  test('a batch larger than the request goes alone', () => {
    const harness = new AccumulatorHarness({ partitions: 2 });
    harness.append('x'.repeat(5000), 0);
    harness.append('y', 1);
    expect(harness.drain(1000).map(({ queue }) => queue.partition)).toEqual([0]);
    expect(harness.drain(1000).map(({ queue }) => queue.partition)).toEqual([1]);
  });

  test('PC3: memory is charged by batches, at least batch.size each, and given back when they are done', () => {
    const harness = new AccumulatorHarness({ bufferMemoryBytes: 500, partitions: 4 });
    expect(harness.append('a', 0)).toBe(true);
    expect(harness.append('b', 1)).toBe(true);
    expect(harness.accumulator.availableBytes).toBe(100);
    expect(harness.append('c', 2)).toBe(false);
    // The open batches still have room.
    expect(harness.append('d', 0)).toBe(true);
    for (const batch of harness.drain()) harness.accumulator.complete(batch, 10, -1);
    expect(harness.accumulator.availableBytes).toBe(500);
    expect(harness.append('x'.repeat(400), 2)).toBe(true);
    expect(harness.accumulator.availableBytes).toBeLessThan(40);
  });

  test('offsets and times of the answer reach every record', () => {
    const harness = new AccumulatorHarness();
    harness.append('a');
    harness.append('b');
    const batch = harness.drainOne();
    expect(harness.accumulator.complete(batch, 40, 5000)).toBe(true);
    expect(batch.records.map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [40, 5000],
      [41, 5000],
    ]);
  });

  test('a partition without a leader is not drained and asks for metadata', () => {
    const harness = new AccumulatorHarness();
    harness.append('a');
    harness.accumulator.updateTopic('t', [{ leader: -1, leaderEpoch: 1 }]);
    expect(harness.accumulator.ready(1000)).toMatchObject({ nodes: [], lacksLeader: true });
    expect(harness.drain()).toEqual([]);
  });

  test('PC6: a retried batch goes out before younger ones, after its back-off', () => {
    const harness = new AccumulatorHarness();
    harness.fill(3);
    const first = harness.drainOne();
    harness.accumulator.retry(first, harness.nowMs, 100);
    expect(harness.drain()).toEqual([]);
    expect(harness.accumulator.ready(harness.nowMs).wakeMs).toBe(1100);
    harness.nowMs = 1100;
    expect(harness.drainOne()).toBe(first);
  });

  test('a retried batch does not wait out its back-off when the partition has a new leader', () => {
    const harness = new AccumulatorHarness();
    harness.append('a');
    const batch = harness.drainOne();
    harness.accumulator.retry(batch, harness.nowMs, 10_000);
    harness.accumulator.updateTopic('t', [{ leader: 2, leaderEpoch: 1 }]);
    expect(harness.drain(1000, 2)).toEqual([batch]);
  });

  test('PC6: without sequences, in-flight 1 holds the partition until the answer', () => {
    const harness = new AccumulatorHarness({ oneBatchAtATime: true });
    harness.fill(2);
    const first = harness.drainOne();
    expect(harness.drain()).toEqual([]);
    harness.accumulator.complete(first, 0, -1);
    expect(harness.drain()).toHaveLength(1);
  });

  test('PC7: the delivery timeout counts from the batch and also ends batches on the wire', () => {
    const harness = new AccumulatorHarness({ deliveryTimeoutMs: 500 });
    harness.append('a');
    const onWire = harness.drainOne();
    harness.nowMs = 1100;
    harness.append('b');
    expect(harness.accumulator.nextExpiryMs()).toBe(1500);
    expect(harness.accumulator.expire(1499)).toEqual([]);
    expect(harness.accumulator.expire(1500)).toEqual([onWire]);
    // The answer that comes late tells nobody a second time.
    expect(harness.accumulator.complete(onWire, 0, -1)).toBe(false);
    expect(harness.accumulator.expire(1600).map((batch) => valuesOf(batch))).toEqual([['b']]);
    expect(harness.accumulator.availableBytes).toBe(100_000);
  });

  test('a reused buffer holds the next batch only after an answer; not with acks 0, not after a retry', () => {
    const harness = new AccumulatorHarness({ lingerMs: 0 });
    const bufferOf = (end: (batch: TestBatch) => void): Buffer => {
      harness.append('a');
      const batch = harness.drainOne();
      end(batch);
      return batch.builder.buffer;
    };
    const answered = bufferOf((batch) => harness.accumulator.complete(batch, 0, -1));
    const unanswered = bufferOf((batch) => harness.accumulator.complete(batch, -1, -1));
    expect(unanswered).toBe(answered);
    expect(bufferOf((batch) => harness.accumulator.complete(batch, 1, -1))).not.toBe(unanswered);
  });
});

describe('splitting', () => {
  test('PC6, PC8: parts go back in the order of their sequences, whatever order they were retried or split again in', () => {
    const harness = new AccumulatorHarness({ batchSizeBytes: 4000, idempotent: true });
    const values = Array.from({ length: 40 }, (_, index) => `${'x'.repeat(80)}${index}`);
    for (const value of values) harness.append(value);
    const first = harness.drainOne();
    harness.append('younger');
    const younger = harness.drainOne();
    harness.accumulator.split(first, harness.nowMs, expansion);
    const parts = [harness.drainOne(), harness.drainOne(), harness.drainOne()];
    harness.retry(younger);
    harness.retry(parts[2] as TestBatch);
    harness.retry(parts[0] as TestBatch);
    harness.accumulator.split(parts[1] as TestBatch, harness.nowMs, expansion);
    harness.nowMs += 1000;
    const orders = harness
      .queue()
      .waiting()
      .map(({ order }) => order);
    expect(orders).toEqual([...new Set(orders)].sort((one, other) => one - other));
    // A flush that began before waits for all of it, and only for that.
    expect(harness.accumulator.oldestOrder).toBeGreaterThan(first.order - 1);
    expect(orders.filter((order) => order > first.order)).toEqual([younger.order]);
    const sent: (string | null)[] = [];
    let next = 0;
    for (let [part] = harness.drain(); part !== undefined; [part] = harness.drain()) {
      expect(sequenceOf(part)[1]).toBe(next);
      next += part.recordCount;
      sent.push(...valuesOf(part));
      harness.accumulator.complete(part, 0, -1);
    }
    expect(sent).toEqual([...values, 'younger']);
  });

  test.each(['none', 'lz4'] as const)(
    'PC8: a batch too large (%s) goes out in parts, in order, in its place',
    (type) => {
      const harness = new AccumulatorHarness({ batchSizeBytes: 2000, idempotent: true });
      const values = Array.from({ length: 12 }, (_, index) => `${'x'.repeat(80)}${index}`);
      for (const value of values) harness.append(value);
      const [batch] = harness.accumulator.drain(1, harness.nowMs, 10_000);
      if (batch === undefined) throw new Error('nothing drained');
      batch.encode(type === 'none' ? null : createCompressors().get(type));
      harness.append('younger');
      harness.accumulator.split(batch, harness.nowMs, expansion);
      const sent: (string | null)[] = [];
      const sequences: number[] = [];
      let parts = 0;
      let offset = 0;
      for (let [part] = harness.drain(); part !== undefined; [part] = harness.drain()) {
        parts++;
        sent.push(...valuesOf(part));
        sequences.push(sequenceOf(part)[1]);
        expect(new RecordBatch(part.encode(null)).isValidCrc()).toBe(true);
        harness.accumulator.complete(part, offset, -1);
        offset += part.recordCount;
      }
      expect(parts).toBeGreaterThan(2);
      expect(sent).toEqual([...values, 'younger']);
      expect(sequences[0]).toBe(0);
      expect(new Set(sequences).size).toBe(parts);
      expect(batch.records.map((record) => record.offset)).toEqual(values.map((_, index) => index));
      expect(harness.accumulator.availableBytes).toBe(100_000);
    },
  );
});
