import { BufferPool } from '../../src/foundation/buffer-pool.js';

const kibibyte = 1024;

describe('large buffers that are used again', () => {
  it('a buffer that came back is lent again for any length of its class', () => {
    const pool = new BufferPool();
    const first = pool.take(100 * kibibyte);
    expect([first.length, pool.isLent(first)]).toEqual([100 * kibibyte, true]);
    pool.giveBack(first.subarray(10, 20));
    expect(pool.isLent(first)).toBe(false);
    const second = pool.take(128 * kibibyte);
    expect([second.length, second.buffer === first.buffer]).toEqual([128 * kibibyte, true]);
    expect(pool.take(128 * kibibyte).buffer).not.toBe(first.buffer);
  });

  it('what is given back twice is lent once', () => {
    const pool = new BufferPool();
    const once = pool.take(64 * kibibyte);
    pool.giveBack(once);
    pool.giveBack(once);
    const [one, other] = [pool.take(64 * kibibyte), pool.take(64 * kibibyte)];
    expect(one.buffer === other.buffer).toBe(false);
  });

  it('ignores what is not its own, and neither keeps small nor huge ones', () => {
    const pool = new BufferPool();
    for (const foreign of [Buffer.alloc(100 * kibibyte), pool.take(10), pool.take(2 * kibibyte * kibibyte)]) {
      expect(pool.isLent(foreign)).toBe(false);
      pool.giveBack(foreign);
    }
    expect(pool.freeBytes).toBe(0);
  });

  it('keeps no more than its limit', () => {
    const pool = new BufferPool(300 * kibibyte);
    const lent = Array.from({ length: 10 }, () => pool.take(64 * kibibyte));
    for (const buffer of lent) pool.giveBack(buffer);
    expect(pool.freeBytes).toBeGreaterThan(200 * kibibyte);
    expect(pool.freeBytes).toBeLessThanOrEqual(300 * kibibyte);
    while (pool.freeBytes > 0) pool.take(64 * kibibyte);
    expect(new Set(lent.map(({ buffer }) => buffer)).size).toBe(10);
  });
});
