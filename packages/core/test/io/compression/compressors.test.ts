import { createHash } from 'node:crypto';
import * as zlib from 'node:zlib';

import { CompressionError } from '../../../src/foundation/compression-error.js';
import { createCompressors } from '../../../src/io/compression/compressors.js';
import { createNodeZstdCompressor, createPackageZstdCompressor } from '../../../src/io/compression/zstd.js';
import type { Compressor } from '../../../src/ports/compressor.js';

const seed = Number(process.env['OTTLA_SEED'] ?? Date.now() % 0x7fffffff);
const replay = `seed ${seed}; replay: OTTLA_SEED=${seed} npm test -- packages/core/test/io/compression/compressors`;

/** Bytes without a pattern, the same for the same seed. */
function noise(sizeBytes: number, salt: number): Buffer {
  const parts: Buffer[] = [];
  for (let block = 0; block * 64 < sizeBytes; block++) {
    parts.push(createHash('sha512').update(`${seed}/${salt}/${block}`).digest());
  }
  return Buffer.concat(parts).subarray(0, sizeBytes);
}

const samples: readonly (readonly [string, Buffer])[] = [
  ['one byte', Buffer.from([7])],
  ['a short text', Buffer.from('hello hello hello')],
  ['noise', noise(5_000, 1)],
  ['zeros', Buffer.alloc(700_000)],
  [
    'JSON lines',
    Buffer.from(
      Array.from({ length: 9_000 }, (_, id) => `{"id":${id},"delay":${(id * 7919) % 91}}`).join('\n'),
    ),
  ],
  ['noise, then zeros', Buffer.concat([noise(200_000, 2), Buffer.alloc(900_000)])],
];

const nodeZstd = createNodeZstdCompressor();
const compressors: readonly (readonly [string, Compressor])[] = [
  ...(['gzip', 'snappy', 'lz4', 'zstd'] as const).map(
    (type) => [type, createCompressors().get(type)] as const,
  ),
  ['zstd by the native package', createPackageZstdCompressor()],
];

function failureOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CompressionError) return error.failure;
    throw error;
  }
  return 'none';
}

describe.each(compressors)('%s', (_name, compressor) => {
  test.each(samples)('gives back %s', (_sample, data) => {
    const compressed = compressor.compress(data);
    expect(compressor.decompress(compressed, data.length).equals(data)).toBe(true);
    expect(compressor.decompress(compressed, 2 ** 31).equals(data)).toBe(true);
  });

  test.each(samples)('refuses to expand %s past its bound', (_sample, data) => {
    const compressed = compressor.compress(data);
    expect(failureOf(() => compressor.decompress(compressed, data.length - 1))).toBe('too-large');
    expect(failureOf(() => compressor.decompress(compressed, Math.floor(data.length / 3)))).toBe('too-large');
  });

  test.each(samples)('refuses %s cut off at its end', (_sample, data) => {
    const compressed = compressor.compress(data);
    for (const cut of [1, 2, 5, Math.ceil(compressed.length / 2)]) {
      const rest = compressed.subarray(0, compressed.length - cut);
      expect(failureOf(() => compressor.decompress(rest, data.length))).toBe('damaged');
    }
  });

  test('reads streams written one after another, within one bound', () => {
    const first = Buffer.from('first '.repeat(20_000));
    const second = noise(10_000, 3);
    const both = Buffer.concat([compressor.compress(first), compressor.compress(second)]);
    const size = first.length + second.length;
    expect(compressor.decompress(both, size).equals(Buffer.concat([first, second]))).toBe(true);
    expect(failureOf(() => compressor.decompress(both, size - 1))).toBe('too-large');
  });

  test('refuses a bomb without expanding it', () => {
    const bomb = compressor.compress(Buffer.alloc(100_000_000));
    const before = process.memoryUsage().rss;
    for (let attempt = 0; attempt < 10; attempt++) {
      expect(failureOf(() => compressor.decompress(bomb, 1_000_000))).toBe('too-large');
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(80_000_000);
  });

  test('stays sound after thousands of damaged inputs', () => {
    const good = compressor.compress(samples[4]![1]);
    const small = compressor.compress(Buffer.from('some text to damage, some text to damage'));
    const chance = noise(64_000, 4);
    let at = 0;
    const next = (bound: number) => {
      at = (at + 4) % (chance.length - 4);
      return chance.readUInt32LE(at) % bound;
    };
    let refused = 0;
    for (let round = 0; round < 2_000; round++) {
      let input: Buffer;
      if (round % 4 === 0) {
        input = chance.subarray(next(30_000), 30_000 + next(30_000));
      } else {
        input = Buffer.from(round % 8 === 1 ? good : small);
        for (let change = 0; change <= next(4); change++) input[next(input.length)] = next(256);
        if (round % 4 === 2) input = input.subarray(0, next(input.length));
      }
      try {
        expect(compressor.decompress(input, 1_000_000).length).toBeLessThanOrEqual(1_000_000);
      } catch (error) {
        if (!(error instanceof CompressionError))
          throw new Error(`${String(error)} (${replay})`, { cause: error });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(500);
    expect(compressor.decompress(good, 1_000_000).equals(samples[4]![1])).toBe(true);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(100)],
    ['text', Buffer.from('this is not compressed at all, is it?')],
  ])('refuses %s', (_what, data) => {
    // One zero byte is a whole raw snappy block of nothing, so zeros are one followed by others.
    expect(failureOf(() => compressor.decompress(data, 1_000))).toBe('damaged');
  });
});

describe('createCompressors', () => {
  test('keeps a codec once it is loaded', () => {
    const all = createCompressors();
    expect(all.get('lz4')).toBe(all.get('lz4'));
    expect(all.get('lz4').type).toBe('lz4');
  });

  test('takes zstd from Node where Node has it', () => {
    const { zstdCompressSync } = zlib as { zstdCompressSync?: unknown };
    expect(nodeZstd !== null).toBe(zstdCompressSync !== undefined);
  });
});
