import { crc32c, crc32cByTables, useCrc32c } from '../../../src/foundation/crc32c.js';
import { loadNativeCrc32c } from '../../../src/io/node/native-crc32c.js';

describe('loadNativeCrc32c', () => {
  afterEach(() => useCrc32c(null));

  test('gives code that agrees with the tables once installed (L1)', () => {
    const native = loadNativeCrc32c();
    expect(native).not.toBeNull();
    useCrc32c(native);
    const data = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 31) & 0xff));
    for (const [start, end] of [
      [0, 5000],
      [3, 2000],
      [1, 601],
      [4000, 4599],
    ] as const) {
      expect(crc32c(data, start, end)).toBe(crc32cByTables(data, start, end));
    }
  });
});
