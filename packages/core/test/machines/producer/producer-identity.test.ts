import { RecordBatch } from '../../../src/protocol/records/record-batch.js';
import { AccumulatorHarness, sequenceOf, type TestBatch } from './accumulator-harness.js';

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

  test('PC6: a partition that has taken nothing of the producer gets one batch, and more when that was taken', () => {
    const harness = new AccumulatorHarness({ idempotent: true, knowsProducer: false });
    harness.fill(3);
    const first = harness.drainOne();
    expect(harness.drain()).toEqual([]);
    // Refused by a leader that is still becoming one: were the second on its way, Kafka would take it, and never the first.
    harness.retry(first);
    expect(harness.drainOne()).toBe(first);
    expect(harness.drain()).toEqual([]);
    harness.accumulator.complete(first, 0, -1);
    expect([harness.drainOne(), harness.drainOne()].map(sequenceOf)).toEqual([
      [0, 1],
      [0, 2],
    ]);
  });

  /** Three batches whose answers were all lost, with the first out again. */
  function threeLostAnswers(): { harness: AccumulatorHarness; batches: readonly TestBatch[] } {
    const harness = new AccumulatorHarness({ idempotent: true });
    harness.fill(3);
    const batches = [harness.drainOne(), harness.drainOne(), harness.drainOne()];
    for (const batch of batches) harness.retry(batch);
    expect(harness.drainOne()).toBe(batches[0]);
    return { harness, batches };
  }

  test('PC8: a repeated batch out of order is proven by a later one that the broker has', () => {
    const { harness, batches } = threeLostAnswers();
    const [first, second, third] = batches as [TestBatch, TestBatch, TestBatch];
    // The broker was restarted and remembers its last batch only: the first two look like gaps.
    harness.outOfOrder(first);
    expect(harness.drainOne()).toBe(second);
    harness.outOfOrder(second);
    harness.append('fresh');
    expect(harness.drainOne()).toBe(third);
    expect(harness.drain()).toEqual([]);
    expect(harness.accumulator.provenBy(third)).toEqual([first, second]);
    for (const batch of [first, second, third])
      expect(harness.accumulator.complete(batch, -1, -1)).toBe(true);
    expect(sequenceOf(harness.drainOne())).toEqual([0, 3]);
  });

  test('PC8: where the later batches are out of order too, a new epoch begins and all come again in order', () => {
    const { harness, batches } = threeLostAnswers();
    const [first, second, third] = batches as [TestBatch, TestBatch, TestBatch];
    harness.outOfOrder(first);
    harness.outOfOrder(harness.drainOne());
    harness.outOfOrder(harness.drainOne());
    harness.accumulator.settleSequences();
    for (const [index, batch] of [first, second, third].entries()) {
      expect(harness.drainOne()).toBe(batch);
      expect(sequenceOf(batch)).toEqual([1, index]);
      harness.accumulator.complete(batch, index, -1);
    }
  });

  test('PC7: doubtful batches expire like others, and do not hold up what comes after them', () => {
    const { harness, batches } = threeLostAnswers();
    harness.outOfOrder(batches[0] as TestBatch);
    harness.nowMs += 20_000;
    expect(harness.accumulator.expire(harness.nowMs)).toEqual(batches);
    harness.append('fresh');
    harness.accumulator.settleSequences();
    expect(sequenceOf(harness.drainOne())).toEqual([1, 0]);
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
    expect(batch.sequence).toMatchObject({ producerId: 8, producerEpoch: 0, baseSequence: 0 });
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
