import { CompressionError } from '../../../src/foundation/compression-error.js';
import { createNodeZstdCompressor, createPackageZstdCompressor } from '../../../src/io/compression/zstd.js';
import { zstdFrames } from '../../../src/io/compression/zstd-frame.js';

const byPackage = createPackageZstdCompressor();
const byNode = createNodeZstdCompressor();
const forms = [
  ['by the package', byPackage] as const,
  ...(byNode === null ? [] : [['by Node', byNode] as const]),
];

/** A frame of `count` compressed-type-free blocks: run-length blocks, each of one byte that stands for `sizeBytes`. */
function runLengthFrame(sizes: readonly number[]): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x40]);
  const blocks = sizes.map((size, index) => {
    const block = Buffer.alloc(4);
    block.writeUIntLE((size << 3) | (1 << 1) | (index === sizes.length - 1 ? 1 : 0), 0, 3);
    block[3] = 0x61 + index;
    return block;
  });
  return Buffer.concat([header, ...blocks]);
}

function failureOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CompressionError) return error.failure;
    throw error;
  }
  return 'none';
}

describe.each(forms)('zstd %s', (_name, compressor) => {
  test('reads frames that do not say their size', () => {
    const frame = runLengthFrame([1_000, 128 * 1024, 5]);
    const expected = Buffer.concat([
      Buffer.alloc(1_000, 'a'),
      Buffer.alloc(128 * 1024, 'b'),
      Buffer.alloc(5, 'c'),
    ]);
    expect(zstdFrames(frame)).toMatchObject([{ contentSizeBytes: null, maxExpandedBytes: expected.length }]);
    expect(compressor.decompress(frame, expected.length).equals(expected)).toBe(true);
    expect(() => compressor.decompress(frame, expected.length - 1)).toThrow('would expand past');
  });

  test('skips skippable frames', () => {
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]);
    const data = Buffer.concat([skippable, compressor.compress(Buffer.from('abc')), skippable]);
    expect(compressor.decompress(data, 3).toString()).toBe('abc');
  });

  test('does not believe a frame that says it is small', () => {
    const honest = compressor.compress(Buffer.alloc(3_000_000, 'abcdefghij'));
    const frame = zstdFrames(honest)[0]!;
    // The same blocks behind a header that promises 256 bytes and keeps a window of 2 MiB.
    const lie = Buffer.concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x40, 0x58, 0, 0]),
      honest.subarray(frame.blocksStart),
    ]);
    expect(zstdFrames(lie)[0]!.contentSizeBytes).toBe(256);
    expect(() => compressor.decompress(lie, 100_000)).toThrow(CompressionError);
  });

  test('refuses dictionaries, reserved bits and reserved blocks', () => {
    const frame = runLengthFrame([10]);
    for (const [at, bits] of [
      [4, 0x01],
      [4, 0x08],
      [6, 0x06],
    ] as const) {
      const damaged = Buffer.from(frame);
      damaged[at]! |= bits;
      expect(() => compressor.decompress(damaged, 1_000)).toThrow(CompressionError);
    }
  });

  test('gives up on a frame of endless small blocks instead of expanding it over and over', () => {
    // Compressed blocks may hold up to 128 KiB each, these hold next to nothing: no way to tell without expanding.
    const tiny = zstdFrames(compressor.compress(Buffer.from('ab'.repeat(50))))[0]!;
    expect(tiny.blocks).toHaveLength(1);
    const content = compressor
      .compress(Buffer.from('ab'.repeat(50)))
      .subarray(tiny.blocks[0]!.start, tiny.blocks[0]!.end);
    const open = Buffer.from(content);
    open[0]! &= 0xfe;
    const data = Buffer.concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58]),
      ...Array.from({ length: 5_000 }, () => open),
      content,
    ]);
    const expandedBytes = 5_001 * 100;
    expect(compressor.decompress(data, 5_001 * 128 * 1024).length).toBe(expandedBytes);
    // Node counts as it expands; the package cannot, so near the bound it refuses.
    const expand = () => compressor.decompress(data, expandedBytes).length;
    const outcome = compressor === byNode ? expand() : failureOf(expand);
    expect(outcome).toBe(compressor === byNode ? expandedBytes : 'too-large');
  });
});

test('the package and Node read what the other writes', () => {
  const data = Buffer.from('each reads the other '.repeat(20_000));
  for (const [, writer] of forms) {
    for (const [, reader] of forms) {
      expect(reader.decompress(writer.compress(data), data.length).equals(data)).toBe(true);
    }
  }
});
