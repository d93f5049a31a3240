import { readInt64, writeInt64 } from '../../src/foundation/int64.js';

describe('int64', () => {
  test.each([
    0,
    1,
    -1,
    2 ** 31,
    -(2 ** 31),
    2 ** 32,
    -(2 ** 32),
    -(2 ** 32) - 1,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ])('writes and reads %d as BigInt does', (value) => {
    const buffer = Buffer.alloc(10);
    writeInt64(buffer, value, 1);
    expect(buffer.readBigInt64BE(1)).toBe(BigInt(value));
    expect(readInt64(buffer, 1)).toBe(value);
  });
});
