import { CompressionError } from '../../../src/foundation/compression-error.js';
import { createLz4Compressor } from '../../../src/io/compression/lz4.js';
import { lz4BlockSize, lz4Frames } from '../../../src/io/compression/lz4-frame.js';
import { requireNative } from '#require-native';

const library = requireNative('lz4-napi') as {
  compressFrameSync(data: Buffer, options: { contentChecksum?: boolean; blockChecksums?: boolean }): Buffer;
};
const compressor = createLz4Compressor();
const text = Buffer.from(
  Array.from({ length: 60_000 }, (_, index) => `line ${(index * 31) % 977} `).join(''),
);

describe('lz4 (L6)', () => {
  test('writes a frame of independent blocks without dictionary, as Java demands', () => {
    const frame = compressor.compress(text);
    expect(frame.readUInt32LE(0)).toBe(0x184d2204);
    expect(frame.readUInt8(4) & 0b1110_0011).toBe(0b0110_0000);
  });

  test.each([
    ['content checksum', { contentChecksum: true }],
    ['block checksums', { blockChecksums: true }],
    ['both checksums', { contentChecksum: true, blockChecksums: true }],
  ])('reads and bounds frames with %s, and finds damage', (_name, options) => {
    const frame = library.compressFrameSync(text, options);
    expect(compressor.decompress(frame, text.length).equals(text)).toBe(true);
    expect(() => compressor.decompress(frame, text.length - 1)).toThrow('would expand past');
    const damaged = Buffer.from(frame);
    damaged[damaged.length - 30]! ^= 1;
    expect(() => compressor.decompress(damaged, text.length * 2)).toThrow(CompressionError);
  });

  test('measures blocks exactly without expanding them', () => {
    const frames = lz4Frames(compressor.compress(text));
    const data = compressor.compress(text);
    const size = frames[0]!.blocks.reduce((sum, block) => sum + lz4BlockSize(data, block), 0);
    expect(size).toBe(text.length);
    expect(frames[0]!.end).toBe(data.length);
  });

  test('skips skippable frames', () => {
    const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9]);
    const data = Buffer.concat([skippable, compressor.compress(text), skippable]);
    expect(compressor.decompress(data, text.length).equals(text)).toBe(true);
  });

  test.each([
    ['the legacy format', (data: Buffer) => data.writeUInt32LE(0x184c2102, 0)],
    ['another version', (data: Buffer) => data.writeUInt8(0x80 | (data.readUInt8(4) & 0x3f), 4)],
    ['a dictionary', (data: Buffer) => data.writeUInt8(data.readUInt8(4) | 1, 4)],
    ['an unknown block size', (data: Buffer) => data.writeUInt8(0x30, 5)],
    ['a damaged header checksum', (data: Buffer) => data.writeUInt8(data.readUInt8(6) ^ 1, 6)],
    ['a block larger than its kind', (data: Buffer) => data.writeUInt32LE(0x7fff_ffff, 7)],
  ])('refuses %s', (_name, damage) => {
    const data = Buffer.from(library.compressFrameSync(text, { contentChecksum: true }));
    damage(data);
    expect(() => compressor.decompress(data, 10_000_000)).toThrow(CompressionError);
  });
});
