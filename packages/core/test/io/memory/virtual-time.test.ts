import { createSeededRandom } from '../../../src/io/memory/seeded-random.js';
import { createVirtualTime } from '../../../src/io/memory/virtual-time.js';
import { createNodeRandom } from '../../../src/io/node/node-random.js';

describe('virtual time', () => {
  it('runs timers in the order they fall due, equal ones as they were armed, each at its own time', async () => {
    const time = createVirtualTime(1000);
    const log: string[] = [];
    const note = (name: string) => () => log.push(`${name}@${time.clock.nowMs()}`);
    time.timers.after(50, note('c'));
    time.timers.after(10, note('a'));
    time.timers.after(50, note('d'));
    time.timers.after(20, note('b')).cancel();
    time.timers.after(10, () => time.timers.after(15, note('nested')));
    await time.advance(49);
    expect(log).toEqual(['a@1010', 'nested@1025']);
    await time.advance(1);
    expect(log.slice(2)).toEqual(['c@1050', 'd@1050']);
    expect(time.clock.monotonicMs()).toBe(50);
    expect(time.armedTimers).toBe(0);
  });

  it('lets promises settle between timers', async () => {
    const time = createVirtualTime(0);
    const log: string[] = [];
    time.timers.after(1, () => {
      void Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => log.push('promise of the first'));
    });
    time.timers.after(1, () => log.push('second'));
    await time.advance(1);
    expect(log).toEqual(['promise of the first', 'second']);
  });

  it('stands still while callbacks for the next turn run', async () => {
    const time = createVirtualTime(5);
    let turns = 0;
    const again = (): void => {
      if (++turns < 10) time.timers.soon(again);
    };
    time.timers.soon(again);
    await time.runUntilIdle();
    expect(turns).toBe(10);
    expect(time.clock.nowMs()).toBe(5);
  });

  it('moves on until a promise settles, and says when nothing will', async () => {
    const time = createVirtualTime(0);
    const due = new Promise<string>((resolve) => time.timers.after(300_000, () => resolve('late')));
    await expect(time.until(due)).resolves.toBe('late');
    expect(time.clock.nowMs()).toBe(300_000);
    await expect(time.until(new Promise(() => undefined), 1000)).rejects.toThrow('1000 ms of virtual time');
  });
});

describe('random', () => {
  it('repeats from a seed, and differs between seeds', () => {
    const draw = (seed: number) => {
      const random = createSeededRandom(seed);
      return [random.nextInteger(1000), random.nextInteger(7), random.nextBytes(8).toString('hex')].join();
    };
    expect(draw(42)).toBe(draw(42));
    expect(new Set([1, 2, 3, 2 ** 40 + 1].map(draw)).size).toBe(4);
  });

  it.each([
    ['seeded', () => createSeededRandom(7)],
    ['node', () => createNodeRandom()],
  ])('%s: integers stay below the bound and reach all of it', (_name, create) => {
    const random = create();
    const seen = new Set<number>();
    for (let count = 0; count < 2000; count++) seen.add(random.nextInteger(5));
    expect(seen).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(random.nextInteger(2 ** 32)).toBeLessThan(2 ** 32);
    expect(random.nextBytes(5000)).toHaveLength(5000);
    expect(random.nextBytes(16).equals(random.nextBytes(16))).toBe(false);
  });
});
