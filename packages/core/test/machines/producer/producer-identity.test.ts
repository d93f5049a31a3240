import { RecordBatch } from '../../../src/protocol/records/record-batch.js';
import { AccumulatorHarness, sequenceOf } from './accumulator-harness.js';

describe('idempotence', () => {
  test('PC6: sequences are given at drain, in order, per partition', () => {
    const harness = new AccumulatorHarness({ idempotent: true, partitions: 2 });
    harness.append('a', 0);
    harness.append('b', 0);
    harness.append('c', 1);
    const [first, second] = harness.drain();
    harness.append('d', 0);
    const third = harness.drainOne();
    expect([first, second, third].map((batch) => batch && sequenceOf(batch))).toEqual([
      [0, 0],
      [0, 0],
      [0, 2],
    ]);
    const view = new RecordBatch(third.encode(null));
    expect([view.producerId, view.producerEpoch, view.baseSequence]).toEqual([7, 0, 2]);
  });

  test('nothing goes out before there is a producer id', () => {
    const harness = new AccumulatorHarness({ idempotent: true });
    if (harness.identity !== null) harness.identity.state = 'needed';
    harness.append('a');
    expect(harness.drain()).toEqual([]);
    harness.identity?.initialize(9, 3);
    expect(sequenceOf(harness.drainOne())).toEqual([3, 0]);
  });

  test('PC6: retries go back in the order of their sequences, whatever order the answers came in', () => {
    const harness = new AccumulatorHarness({ idempotent: true });
    harness.fill(4);
    const [first, second, third] = [harness.drainOne(), harness.drainOne(), harness.drainOne()];
    harness.retry(third);
    harness.retry(first);
    // The second is still on the wire, but younger than the first: the first may go.
    expect(harness.drainOne()).toBe(first);
    harness.retry(second);
    expect(harness.drain()).toEqual([]);
    harness.accumulator.complete(first, 0, -1);
    expect(harness.drainOne()).toBe(second);
    // The third waits until the second is answered, as the second may come back.
    expect(harness.drain()).toEqual([]);
    harness.accumulator.complete(second, 1, -1);
    expect(harness.drainOne()).toBe(third);
    expect(sequenceOf(third)).toEqual([0, 2]);
  });

  test('PC8: out of order is retried under the same sequence while an older batch explains it', () => {
    const harness = new AccumulatorHarness({ idempotent: true });
    harness.fill(2);
    const [first, second] = [harness.drainOne(), harness.drainOne()];
    harness.outOfOrder(second);
    harness.retry(first);
    expect(harness.accumulator.settleSequences()).toBe(false);
    expect(harness.drainOne()).toBe(first);
    harness.accumulator.complete(first, 0, -1);
    expect(harness.drainOne()).toBe(second);
    expect(sequenceOf(second)).toEqual([0, 1]);
  });

  test('PC8: out of order for the next in line begins a new epoch, once nothing is on the wire', () => {
    const harness = new AccumulatorHarness({ idempotent: true, partitions: 2 });
    harness.fill(1, 1);
    const other = harness.drainOne();
    harness.fill(3);
    const [first, second] = [harness.drainOne(), harness.drainOne()];
    harness.outOfOrder(first);
    harness.accumulator.settleSequences();
    expect(harness.drain()).toEqual([]);
    harness.outOfOrder(second);
    harness.accumulator.settleSequences();
    expect(harness.identity?.producerEpoch).toBe(1);
    expect(harness.drainOne()).toBe(first);
    expect(sequenceOf(first)).toEqual([1, 0]);
    const view = new RecordBatch(first.encode(null));
    expect([view.producerEpoch, view.baseSequence, view.isValidCrc()]).toEqual([1, 0, true]);
    expect(sequenceOf(second)).toEqual([1, 1]);
    // The other partition keeps its epoch until its batch is answered, then takes the new one.
    harness.fill(1, 1);
    harness.accumulator.complete(first, 0, -1);
    expect(harness.drain().map(({ queue }) => queue.partition)).toEqual([0]);
    harness.accumulator.complete(other, 0, -1);
    expect(harness.drain().map((batch) => [batch.queue.partition, ...sequenceOf(batch)])).toContainEqual([
      1, 1, 0,
    ]);
  });

  test('PC7: a batch that was given up without an answer is unresolved; a late answer settles it without a new epoch', () => {
    const harness = new AccumulatorHarness({ idempotent: true, deliveryTimeoutMs: 500 });
    harness.append('a');
    const first = harness.drainOne();
    harness.nowMs = 1500;
    expect(harness.accumulator.expire(harness.nowMs)).toEqual([first]);
    harness.append('b');
    expect(harness.drain()).toEqual([]);
    harness.accumulator.complete(first, 0, -1);
    harness.accumulator.settleSequences();
    expect(sequenceOf(harness.drainOne())).toEqual([0, 1]);
  });

  test('PC7: an unresolved sequence that is never answered begins a new epoch', () => {
    const harness = new AccumulatorHarness({ idempotent: true, deliveryTimeoutMs: 500 });
    harness.append('a');
    const first = harness.drainOne();
    harness.retry(first);
    harness.nowMs = 1500;
    expect(harness.accumulator.expire(harness.nowMs)).toEqual([first]);
    harness.append('b');
    harness.accumulator.settleSequences();
    expect(sequenceOf(harness.drainOne())).toEqual([1, 0]);
  });

  test('a batch that the broker refused for good leaves a gap: those behind it start a new epoch', () => {
    const harness = new AccumulatorHarness({ idempotent: true });
    harness.fill(2);
    const [first, second] = [harness.drainOne(), harness.drainOne()];
    expect(harness.accumulator.refuse(first)).toBe(true);
    harness.outOfOrder(second);
    harness.accumulator.settleSequences();
    expect(harness.drainOne()).toBe(second);
    expect(sequenceOf(second)).toEqual([1, 0]);
  });

  test('after the last epoch a new producer id is asked for', () => {
    const harness = new AccumulatorHarness({ idempotent: true });
    harness.identity?.initialize(7, 32767);
    harness.append('a');
    const batch = harness.drainOne();
    harness.outOfOrder(batch);
    expect(harness.accumulator.settleSequences()).toBe(true);
    expect(harness.identity?.state).toBe('needed');
    harness.identity?.initialize(8, 0);
    harness.accumulator.settleSequences();
    expect(harness.drainOne()).toBe(batch);
    expect(batch.sequence).toEqual({ producerId: 8, producerEpoch: 0, baseSequence: 0 });
  });

  test('sequences wrap from 2^31-1 to 0', () => {
    const harness = new AccumulatorHarness({ idempotent: true });
    harness.append('a');
    harness.accumulator.complete(harness.drainOne(), 0, -1);
    harness.queue().nextSequence = 2 ** 31 - 1;
    harness.append('b');
    harness.append('c');
    expect(sequenceOf(harness.drainOne())).toEqual([0, 2 ** 31 - 1]);
    harness.append('d');
    expect(sequenceOf(harness.drainOne())).toEqual([0, 1]);
  });
});
