import { createVirtualTime } from '../../src/io/memory/virtual-time.js';
import { Purgatory, type Watchable } from '../../src/runtime/purgatory.js';

class Partition implements Watchable {
  readonly listeners = new Set<() => void>();
  onHighWatermarkAdvance(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
  advance(): void {
    for (const listener of this.listeners) listener();
  }
}

describe('purgatory', () => {
  const time = createVirtualTime();
  const purgatory = new Purgatory(time.timers, { operations: 3, watched: 5 });
  let asked: number[];
  let ended: string[];

  beforeEach(() => {
    asked = [];
    ended = [];
  });
  /** Nothing is left behind: no operation, no subscription, no timer. */
  function isEmpty(): boolean {
    return purgatory.size === 0 && purgatory.watchedCount === 0 && time.armedTimers === 0;
  }

  const operation = (completesAt: number, name = 'operation') => ({
    canComplete(index: number): boolean {
      asked.push(index);
      return index === completesAt;
    },
    partitionGone: () => true,
    complete: (reason: string) => void ended.push(`${name} ${reason}`),
  });

  it('asks only about the partition that moved, and completes in a later turn', async () => {
    const partitions = [new Partition(), new Partition(), new Partition()];
    purgatory.park(operation(2), partitions, 1000);
    partitions[0]!.advance();
    partitions[2]!.advance();
    partitions[2]!.advance();
    expect([asked, ended]).toEqual([[0, 2], []]);
    await time.runUntilIdle();
    expect(ended).toEqual(['operation satisfied']);
    expect(partitions.map(({ listeners }) => listeners.size)).toEqual([0, 0, 0]);
    expect(isEmpty()).toBe(true);
  });

  it('has one subscription for all that wait on a partition', async () => {
    const partition = new Partition();
    purgatory.park(operation(0, 'first'), [partition], 1000);
    purgatory.park(operation(0, 'second'), [partition], 1000);
    expect(partition.listeners.size).toBe(1);
    partition.advance();
    await time.runUntilIdle();
    expect(ended).toEqual(['first satisfied', 'second satisfied']);
    expect(isEmpty()).toBe(true);
  });

  it('ends the wait when its time has passed', async () => {
    purgatory.park(operation(0), [new Partition()], 1000);
    await time.advance(999);
    expect(ended).toEqual([]);
    await time.advance(1);
    expect(ended).toEqual(['operation timed-out']);
    expect(isEmpty()).toBe(true);
  });

  it('forgets what was cancelled, also between the advance and the completion', async () => {
    const partition = new Partition();
    const parked = purgatory.park(operation(0), [partition], 1000);
    partition.advance();
    parked.cancel();
    parked.cancel();
    await time.advance(2000);
    expect(ended).toEqual([]);
    expect(isEmpty()).toBe(true);
  });

  it('releases what waits on a partition that is gone', async () => {
    const partition = new Partition();
    purgatory.park(operation(-1), [partition, new Partition()], 1000);
    purgatory.release(partition);
    purgatory.release(new Partition());
    await time.runUntilIdle();
    expect(ended).toEqual(['operation satisfied']);
    expect(isEmpty()).toBe(true);
  });

  it('holds no more than its capacity: one more is answered with what there is', async () => {
    const partition = new Partition();
    const parked = ['a', 'b', 'c', 'd'].map((name) => purgatory.park(operation(0, name), [partition], 1000));
    await time.advance(0);
    expect(ended).toEqual(['d timed-out']);
    for (const each of parked) each.cancel();
    expect(isEmpty()).toBe(true);
  });

  it('watches no more partitions than its limit, over all operations', async () => {
    const three = [new Partition(), new Partition(), new Partition()];
    purgatory.park(operation(0, 'a'), three, 1000);
    purgatory.park(operation(0, 'b'), three, 1000);
    await time.advance(0);
    expect(ended).toEqual(['b timed-out']);
    purgatory.park(operation(0, 'c'), three.slice(1), 1000);
    purgatory.drain();
    expect(ended).toEqual(['b timed-out', 'a timed-out', 'c timed-out']);
    expect(isEmpty()).toBe(true);
  });

  it('an operation that can do without the partition that is gone waits on', async () => {
    const partitions = [new Partition(), new Partition()];
    const gone: number[] = [];
    const patient = { ...operation(1), partitionGone: (index: number) => gone.push(index) > 1 };
    purgatory.park(patient, partitions, 1000);
    purgatory.release(partitions[1]!);
    await time.runUntilIdle();
    expect([gone, ended]).toEqual([[1], []]);
    purgatory.release(partitions[0]!);
    await time.runUntilIdle();
    expect([gone, ended]).toEqual([[1, 0], ['operation satisfied']]);
    expect(isEmpty()).toBe(true);
  });

  it('an operation that fails to look is completed, and the append that asked goes on to the others', async () => {
    const partition = new Partition();
    const broken = {
      ...operation(0, 'broken'),
      canComplete: () => {
        throw new Error('no disk');
      },
    };
    purgatory.park(broken, [partition], 1000);
    purgatory.park(operation(0, 'sound'), [partition], 1000);
    partition.advance();
    await time.runUntilIdle();
    expect(ended).toEqual(['broken satisfied', 'sound satisfied']);
    expect(isEmpty()).toBe(true);
  });

  it('drains', () => {
    purgatory.park(operation(0, 'a'), [new Partition()], 1000);
    purgatory.park(operation(0, 'b'), [new Partition()], 1000);
    purgatory.drain();
    expect(ended).toEqual(['a timed-out', 'b timed-out']);
    expect(isEmpty()).toBe(true);
  });
});
