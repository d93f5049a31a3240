import * as fc from 'fast-check';

import {
  sizeOfUnsignedVarint,
  sizeOfVarint,
  sizeOfVarlong,
  VarintReader,
  writeUnsignedVarint,
  writeVarint,
  writeVarlong,
} from '../../src/foundation/varint.js';
import { assertSeeded } from '../protocol/support/seeded.js';

const file = 'packages/core/test/foundation/varint';
const int32Edges = [
  0,
  -1,
  1,
  63,
  64,
  -64,
  -65,
  8191,
  8192,
  -8192,
  -8193,
  2 ** 20,
  2 ** 27,
  2 ** 30,
  2 ** 31 - 1,
  -(2 ** 31),
];
const safeEdges = [
  ...int32Edges,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 34,
  2 ** 41,
  2 ** 48,
  2 ** 52,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
];

/** The definition, in exact arithmetic. */
function zigZagBytes(value: number): Buffer {
  const exact = BigInt(value);
  let rest = exact >= 0n ? exact * 2n : -exact * 2n - 1n;
  const bytes: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

function check32(value: number): void {
  const expected = zigZagBytes(value);
  const buffer = Buffer.alloc(16, 0xee);
  expect(writeVarint(buffer, value, 3)).toBe(3 + expected.length);
  expect(buffer.subarray(3, 3 + expected.length).equals(expected)).toBe(true);
  expect(buffer[3 + expected.length]).toBe(0xee);
  expect(sizeOfVarint(value)).toBe(expected.length);
  const reader = new VarintReader(buffer, 3, buffer.length);
  expect(reader.readVarint()).toBe(value);
  expect(reader.position).toBe(3 + expected.length);
  expect(reader.failed).toBe(false);
}

function checkSafe(value: number): void {
  const expected = zigZagBytes(value);
  const buffer = Buffer.alloc(16, 0xee);
  expect(writeVarlong(buffer, value, 2)).toBe(2 + expected.length);
  expect(buffer.subarray(2, 2 + expected.length).toString('hex')).toBe(expected.toString('hex'));
  expect(sizeOfVarlong(value)).toBe(expected.length);
  const reader = new VarintReader(buffer, 2, buffer.length);
  expect(reader.readVarlong()).toBe(value);
  expect(reader.position).toBe(2 + expected.length);
  expect(reader.failed).toBe(false);
}

describe('varints (L3)', () => {
  test.each(int32Edges)('write, measure and read %d', check32);
  test('write, measure and read any int32', () => {
    assertSeeded(fc.property(fc.integer(), check32), 1000, file);
  });

  test.each(safeEdges)('long ones write, measure and read %d', checkSafe);
  test('long ones write, measure and read any safe integer', () => {
    assertSeeded(fc.property(fc.maxSafeInteger(), checkSafe), 1000, file);
  });

  test.each([0, 127, 128, 16383, 16384, 2 ** 21, 2 ** 28 - 1, 2 ** 28, 2 ** 32 - 1])(
    'unsigned ones write and read %d',
    (value) => {
      const buffer = Buffer.alloc(8);
      const end = writeUnsignedVarint(buffer, value, 0);
      expect(sizeOfUnsignedVarint(value)).toBe(end);
      expect(new VarintReader(buffer, 0, end).readUnsignedVarint()).toBe(value);
    },
  );

  test('longer than needed are read, as Java reads them', () => {
    const reader = new VarintReader(Buffer.from([0x82, 0x80, 0x00, 0x82, 0x80, 0x00]), 0, 6);
    expect([reader.readVarint(), reader.readVarlong(), reader.failed]).toEqual([1, 1, false]);
  });

  test.each([
    ['cut off', Buffer.from([0x80])],
    ['absent', Buffer.alloc(0)],
    ['of six bytes', Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x01])],
    ['past 32 bits', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x1f])],
  ])('%s fail and stay failed', (_name, bytes) => {
    const reader = new VarintReader(bytes, 0, bytes.length);
    expect(reader.readVarint()).toBe(0);
    expect(reader.failed).toBe(true);
    reader.readVarint();
    expect(reader.failed).toBe(true);
  });

  test.each([
    ['cut off', Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80])],
    ['of eleven bytes', Buffer.from([...Buffer.alloc(10, 0x80), 1])],
    ['outside the safe integers', Buffer.from([...Buffer.alloc(9, 0xff), 1])],
  ])('long ones %s fail', (_name, bytes) => {
    const reader = new VarintReader(bytes, 0, bytes.length);
    reader.readVarlong();
    expect(reader.failed).toBe(true);
  });

  test('do not read past their end although the buffer goes on', () => {
    const reader = new VarintReader(Buffer.from([0x80, 0x01, 0x02]), 0, 1);
    reader.readVarint();
    expect(reader.failed).toBe(true);
  });
});
