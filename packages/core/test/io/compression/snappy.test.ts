import { CompressionError } from '../../../src/foundation/compression-error.js';
import { createSnappyCompressor } from '../../../src/io/compression/snappy.js';
import { requireNative } from '#require-native';

const snappy = requireNative('snappy') as { compressSync(data: Buffer): Buffer };
const compressor = createSnappyCompressor();
const text = Buffer.from('snappy '.repeat(10_000));

describe('snappy (L6)', () => {
  test('writes the container that Java reads: its header, then blocks of 32 KiB', () => {
    const written = compressor.compress(text);
    expect(written.subarray(0, 16).toString('hex')).toBe('82534e41505059000000000100000001');
    const sizes: number[] = [];
    for (let at = 16; at < written.length;) {
      const length = written.readInt32BE(at);
      sizes.push(compressor.decompress(written.subarray(at + 4, at + 4 + length), 100_000).length);
      at += 4 + length;
    }
    expect(sizes).toEqual([32_768, 32_768, text.length - 65_536]);
  });

  test('reads a raw block, as librdkafka sends it', () => {
    const raw = snappy.compressSync(text);
    expect(compressor.decompress(raw, text.length).equals(text)).toBe(true);
    expect(() => compressor.decompress(raw, text.length - 1)).toThrow('bound of 69999 bytes');
  });

  test('does not believe a size that no block of its length can have', () => {
    const raw = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07, 1, 2, 3]);
    expect(() => compressor.decompress(raw, 2 ** 32)).toThrow(CompressionError);
    expect(() => compressor.decompress(raw, 2 ** 32)).toThrow(
      'cannot expand to the 2147483647 bytes it says',
    );
  });

  test.each([
    ['a negative block length', [0xff, 0xff, 0xff, 0xfe, 0]],
    ['a block past the end', [0, 0, 1, 0, 5]],
    ['a block of nothing', [0, 0, 0, 0]],
    ['a cut-off block length', [0, 0]],
  ])('refuses a container with %s', (_name, bytes) => {
    const data = Buffer.concat([compressor.compress(text), Buffer.from(bytes)]);
    expect(() => compressor.decompress(data, 1_000_000)).toThrow(CompressionError);
  });
});
