import { RequestMemory } from '../../src/broker/request-memory.js';

const large = 1_000_000;

class Holder {
  woken = 0;
  onRequestMemory(): void {
    this.woken++;
  }
}

describe('queued.max.request.bytes', () => {
  const [a, b, c] = [new Holder(), new Holder(), new Holder()];
  beforeEach(() => [a, b, c].forEach((holder) => (holder.woken = 0)));

  it('lets the last one in go over the limit, and the next ones wait in order', () => {
    const memory = new RequestMemory(large);
    expect(memory.reserve(a, large - 1)).toBe(true);
    expect(memory.reserve(b, large)).toBe(true);
    expect(memory.reserve(c, large)).toBe(false);
    expect(memory.usedBytes).toBe(2 * large - 1);
    memory.release(b);
    expect([c.woken, memory.isFull]).toEqual([1, false]);
    expect(memory.reserve(c, large)).toBe(true);
    memory.release(a);
    memory.release(c);
    expect(memory.usedBytes).toBe(0);
  });

  it('asks once for each request, and small ones need no room', () => {
    const memory = new RequestMemory(10);
    expect([memory.reserve(a, large), memory.reserve(a, large), memory.reserve(b, 64 * 1024)]).toEqual([
      true,
      true,
      true,
    ]);
    expect(memory.usedBytes).toBe(large);
  });

  it('counts what waits behind a request, and forgets a connection with all it has', () => {
    const memory = new RequestMemory(large);
    memory.note(a, large);
    memory.note(b, 5);
    expect([memory.isFull, memory.reserve(b, large)]).toEqual([true, false]);
    memory.note(a, 10);
    expect([memory.usedBytes, b.woken]).toEqual([15, 1]);
    expect(memory.reserve(b, large)).toBe(true);
    memory.forget(b);
    memory.note(a, 0);
    expect(memory.usedBytes).toBe(0);
    memory.forget(c);
    expect(memory.usedBytes).toBe(0);
  });

  it('wakes nobody who has gone', () => {
    const memory = new RequestMemory(1);
    memory.reserve(a, large);
    memory.reserve(b, large);
    memory.forget(b);
    memory.forget(a);
    expect(b.woken).toBe(0);
  });

  it('-1 is no limit', () => {
    const memory = new RequestMemory(-1);
    expect([memory.reserve(a, 2 ** 40), memory.reserve(b, 2 ** 40), memory.isFull]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
