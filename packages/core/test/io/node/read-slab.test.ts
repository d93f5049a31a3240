import { ReadSlab, ReadSlabBudget } from '../../../src/io/node/read-slab.js';

const kibibyte = 1024;

/** Reads so many bytes, in as many pieces as the slab makes of them; gives the sizes of the pieces. */
function read(slab: ReadSlab, bytes: number): number[] {
  const pieces: number[] = [];
  for (let rest = bytes; rest > 0;) {
    const piece = Math.min(rest, slab.free().length);
    slab.take(piece);
    pieces.push(piece);
    rest -= piece;
  }
  return pieces;
}

describe('the memory a socket reads into', () => {
  it('grows with reads that fill it, to 1 MiB, and shrinks with small reads', () => {
    const budget = new ReadSlabBudget();
    const slab = new ReadSlab(budget);
    expect(slab.retainedBytes).toBe(4 * kibibyte);
    const pieces = read(slab, 3 * 1024 * kibibyte);
    expect(pieces.slice(0, 5)).toEqual([4, 16, 64, 256, 1024].map((size) => size * kibibyte));
    expect(slab.retainedBytes).toBe(1024 * kibibyte);
    for (let count = 0; count < 20; count++) read(slab, 100);
    expect([slab.retainedBytes, budget.usedBytes]).toEqual([4 * kibibyte, 0]);
  });

  it('does not shrink for one small read between large ones', () => {
    const slab = new ReadSlab(new ReadSlabBudget());
    read(slab, 3 * 1024 * kibibyte);
    for (let count = 0; count < 20; count++) {
      read(slab, 100);
      read(slab, 200 * kibibyte);
    }
    expect(slab.retainedBytes).toBe(1024 * kibibyte);
  });

  it('never hands out what it gave away', () => {
    const slab = new ReadSlab(new ReadSlabBudget());
    const taken: Buffer[] = [];
    for (let count = 0; count < 200; count++) {
      const free = slab.free();
      const size = Math.min(free.length, 1 + ((count * 977) % 3000));
      free.fill(count, 0, size);
      taken.push(slab.take(size));
    }
    for (const [index, chunk] of taken.entries()) expect(chunk.every((byte) => byte === index)).toBe(true);
  });

  it('reads again into what was given back, and grows all the same', () => {
    const slab = new ReadSlab(new ReadSlabBudget());
    const sizes: number[] = [];
    for (let count = 0; count < 6; count++) {
      const free = slab.free();
      sizes.push(free.length);
      slab.giveBack(slab.take(free.length));
    }
    expect(sizes).toEqual([4, 16, 64, 256, 1024, 1024].map((size) => size * kibibyte));
    const first = slab.take(slab.free().length / 2);
    slab.giveBack(first);
    expect(slab.free().buffer === first.buffer).toBe(true);
    expect(slab.free().byteOffset).toBe(first.byteOffset);
  });

  it('only the piece that was taken last can be given back', () => {
    const slab = new ReadSlab(new ReadSlabBudget());
    const [first, second] = [slab.free() && slab.take(100), slab.free() && slab.take(100)];
    slab.giveBack(first);
    expect(slab.free().byteOffset).toBe(second.byteOffset + 100);
    slab.giveBack(Buffer.alloc(100));
    expect(slab.free().byteOffset).toBe(second.byteOffset + 100);
    slab.giveBack(second);
    expect(slab.free().byteOffset).toBe(second.byteOffset);
  });

  it('stays small without room in the budget, which closing gives back', () => {
    const budget = new ReadSlabBudget(100 * kibibyte);
    const [first, second] = [new ReadSlab(budget), new ReadSlab(budget)];
    read(first, 60 * kibibyte);
    read(second, 84 * kibibyte);
    expect(budget.usedBytes).toBeLessThanOrEqual(100 * kibibyte);
    expect(first.retainedBytes).toBe(64 * kibibyte);
    expect(second.retainedBytes).toBeLessThanOrEqual(16 * kibibyte);
    first.close();
    second.close();
    expect(budget.usedBytes).toBe(0);
  });
});
