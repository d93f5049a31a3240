import { ByteReader, MalformedBytesError } from '../../src/foundation/byte-reader.js';
import { ByteWriter, spliceThresholdBytes, UnwritableBytesError } from '../../src/foundation/byte-writer.js';

function written(write: (writer: ByteWriter) => void, slabBytes?: number): Buffer {
  const writer = new ByteWriter(slabBytes);
  write(writer);
  return writer.finishAsBuffer();
}

test.each([
  [0, '00'],
  [127, '7f'],
  [128, '8001'],
  [16_383, 'ff7f'],
  [16_384, '808001'],
  [0x7fffffff, 'ffffffff07'],
])('the unsigned varint %i is %s', (value, hex) => {
  expect(written((writer) => writer.unsignedVarint(value)).toString('hex')).toBe(hex);
  expect(new ByteReader(Buffer.from(hex, 'hex')).unsignedVarint()).toBe(value);
});

test.each(['', '80', 'ffffffff', 'ffffffff08', 'ffffffffff', '808080808000'])(
  'the unsigned varint "%s" is malformed',
  (hex) => {
    expect(() => new ByteReader(Buffer.from(hex, 'hex')).unsignedVarint()).toThrow(MalformedBytesError);
  },
);

// Lengths around each change of method: the loop for short text, the guess of one length byte, the measured length.
test.each(
  ['a', 'é', '漢', '🦊'].flatMap((unit) =>
    [0, 1, 13, 14, 15, 31, 32, 41, 42, 43, 63, 64, 127, 128, 5461, 8191].map(
      (count) => [unit, count] as const,
    ),
  ),
)('text of %s, %i times, is read back', (unit, count) => {
  const text = unit.repeat(count);
  const byteLength = Buffer.byteLength(text);
  for (const slabBytes of [16, 1024, 64 * 1024]) {
    const plain = written((writer) => writer.string(text), slabBytes);
    expect(plain.readInt16BE(0)).toBe(byteLength);
    expect(plain.toString('utf8', 2)).toBe(text);
    const reader = new ByteReader(written((writer) => writer.compactString(text), slabBytes));
    expect(reader.unsignedVarint()).toBe(byteLength + 1);
    expect(reader.utf8(byteLength)).toBe(text);
    expect(reader.remaining).toBe(0);
  }
});

test('text of more than 32,767 bytes has no place', () => {
  const writer = new ByteWriter();
  expect(() => writer.string('x'.repeat(32_768))).toThrow(UnwritableBytesError);
  expect(() => writer.compactString('漢'.repeat(10_923))).toThrow(/32769 bytes/);
  expect(writer.length).toBe(0);
});

test('numbers and chunks survive a change of slab', () => {
  const bytes = written((writer) => {
    for (let index = 0; index < 1000; index++) {
      writer.int32(index);
      writer.raw(Buffer.alloc(index % 7, index));
    }
    expect(writer.length).toBe(4000 + 2997);
  }, 32);
  let offset = 0;
  for (let index = 0; index < 1000; index++) {
    expect(bytes.readInt32BE(offset)).toBe(index);
    offset += 4 + (index % 7);
  }
  expect(bytes).toHaveLength(offset);
});

test('a large buffer goes in as it is, a small one as a copy', () => {
  const writer = new ByteWriter();
  const small = Buffer.alloc(spliceThresholdBytes - 1, 1);
  const large = Buffer.alloc(spliceThresholdBytes, 2);
  writer.int8(0);
  writer.raw(small);
  writer.raw(large);
  writer.int8(9);
  const chunks = writer.finish();
  expect(chunks.map((chunk) => chunk.length)).toStrictEqual([spliceThresholdBytes, spliceThresholdBytes, 1]);
  expect(chunks[1]).toBe(large);
  small.fill(7);
  expect(chunks[0]![1]).toBe(1);
});

test('sections inside sections come with their lengths, large content without a copy', () => {
  const writer = new ByteWriter(64);
  const large = Buffer.alloc(5000, 3);
  const outer = writer.section();
  outer.int8(1);
  const inner = outer.section();
  inner.raw(large);
  outer.endSection(inner);
  writer.endSection(outer);
  const next = writer.section();
  next.int16(2);
  writer.endSection(next);
  const chunks = writer.finish();
  expect(chunks).toContain(large);
  const reader = new ByteReader(Buffer.concat(chunks));
  expect(reader.unsignedVarint()).toBe(5003);
  expect(reader.int8()).toBe(1);
  expect(reader.unsignedVarint()).toBe(5000);
  expect(reader.view(5000).equals(large)).toBe(true);
  expect(reader.unsignedVarint()).toBe(2);
  expect(reader.int16()).toBe(2);
  expect(reader.remaining).toBe(0);
});

test('a reader never leaves its range', () => {
  const buffer = Buffer.from('0102030405', 'hex');
  const reader = new ByteReader(buffer, 1, 4);
  expect(reader.int16()).toBe(0x0203);
  expect(() => reader.int16()).toThrow(/2 bytes .* 1 remain/);
  expect(reader.int8()).toBe(4);
  expect(() => reader.view(1)).toThrow(MalformedBytesError);
  expect(() => reader.skip(0x7fffffff)).toThrow(MalformedBytesError);
  expect(() => new ByteReader(buffer, 0, 6)).toThrow(RangeError);
});
