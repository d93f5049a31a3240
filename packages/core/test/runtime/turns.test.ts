import { createVirtualTime } from '../../src/io/memory/virtual-time.js';
import { Turns } from '../../src/runtime/turns.js';

describe('work in turns', () => {
  const time = createVirtualTime();

  /** Does `count` steps and notes them. */
  function steps(count: number, failAt = Infinity) {
    const done: number[] = [];
    const step = () => {
      if (done.length === failAt) throw new Error('the disk is gone');
      done.push(done.length);
      return done.length < count;
    };
    return { done, step };
  }

  test('the first step is done at once, and others get their turn between the next', async () => {
    const turns = new Turns(time.timers);
    const { done, step } = steps(3);
    const seen: number[] = [];
    turns.run(step);
    const watch = (): void => {
      seen.push(done.length);
      if (done.length < 3) time.timers.soon(watch);
    };
    watch();
    await time.until(turns.settled());
    expect(done).toEqual([0, 1, 2]);
    expect(seen).toEqual([1, 2, 3]);
    await expect(turns.settled()).resolves.toBeUndefined();
  });

  test('a first step that fails throws; a later one rejects for those who wait', async () => {
    const turns = new Turns(time.timers);
    expect(() => turns.run(steps(2, 0).step)).toThrow('the disk is gone');
    const { done, step } = steps(5, 2);
    turns.run(step);
    await expect(time.until(turns.settled())).rejects.toThrow('the disk is gone');
    expect(done).toEqual([0, 1]);
    await expect(turns.settled()).resolves.toBeUndefined();
  });

  test('once stopped, no step is begun', async () => {
    const turns = new Turns(time.timers);
    const { done, step } = steps(5);
    turns.run(step);
    turns.stop();
    await time.until(turns.settled());
    expect(done).toEqual([0]);
  });
});
