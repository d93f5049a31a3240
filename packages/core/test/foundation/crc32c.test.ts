import * as fc from 'fast-check';

import { crc32c, crc32cByTables, crc32cByWebAssembly, useCrc32c } from '../../src/foundation/crc32c.js';
import { createWebAssemblyCrc32c } from '../../src/foundation/crc32c-wasm.js';
import { loadNativeCrc32c } from '../../src/io/node/native-crc32c.js';
import { assertSeeded } from '../protocol/support/seeded.js';

const ascending = Buffer.from(Array.from({ length: 32 }, (_, index) => index));

describe('crc32c (L1)', () => {
  afterEach(() => useCrc32c(null));

  test.each([
    ['nothing', Buffer.alloc(0), 0],
    ['the digits 1 to 9', Buffer.from('123456789'), 0xe3069283],
    ['32 zeros (RFC 3720)', Buffer.alloc(32), 0x8a9136aa],
    ['32 times 0xff (RFC 3720)', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['0 to 31 (RFC 3720)', ascending, 0x46dd794e],
    ['31 to 0 (RFC 3720)', Buffer.from(ascending).reverse(), 0x113fdb5c],
  ])('is the published one of %s', (_name, data, expected) => {
    expect(crc32c(data, 0, data.length)).toBe(expected);
    expect(crc32cByTables(data, 0, data.length)).toBe(expected);
    expect(crc32cByWebAssembly()?.(data, 0, data.length)).toBe(expected);
  });

  test('is the same from tables, WebAssembly and native code, at any length and offset', () => {
    const webAssembly = crc32cByWebAssembly();
    const native = loadNativeCrc32c();
    if (webAssembly === null || native === null) throw new Error('both must load on this machine');
    const data = fc.uint8Array({ maxLength: 3_000, size: 'max' }).map((bytes) => Buffer.from(bytes));
    assertSeeded(
      fc.property(data, fc.nat(), fc.nat(), (buffer, from, to) => {
        const start = from % (buffer.length + 1);
        const end = start + (to % (buffer.length - start + 1));
        const expected = crc32cByTables(buffer, start, end);
        expect(webAssembly(buffer, start, end)).toBe(expected);
        expect(native(buffer.subarray(start, end))).toBe(expected);
        useCrc32c(null);
        expect(crc32c(buffer, start, end)).toBe(expected);
        useCrc32c(native);
        expect(crc32c(buffer, start, end)).toBe(expected);
      }),
      500,
      'packages/core/test/foundation/crc32c',
    );
  });

  test('goes on across the windows of WebAssembly', () => {
    const data = Buffer.alloc(300_000, 'several windows of sixty-four KiB ');
    const webAssembly = crc32cByWebAssembly();
    for (const [start, end] of [
      [0, 65_536],
      [0, 65_537],
      [7, 131_079],
      [1, 300_000],
    ] as const) {
      expect(webAssembly?.(data, start, end)).toBe(crc32cByTables(data, start, end));
    }
  });

  test('does without WebAssembly where it is refused', () => {
    const scope = globalThis as { WebAssembly?: unknown };
    const original = scope.WebAssembly;
    try {
      scope.WebAssembly = undefined;
      expect(createWebAssemblyCrc32c(new Int32Array(4096))).toBeNull();
    } finally {
      scope.WebAssembly = original;
    }
  });

  test('asks installed native code for long inputs only', () => {
    let asked = 0;
    useCrc32c((bytes) => {
      asked++;
      return bytes.length;
    });
    const data = Buffer.alloc(10_000);
    crc32c(data, 0, 100);
    expect(asked).toBe(0);
    expect(crc32c(data, 10, 9_000)).toBe(8_990);
    expect(asked).toBe(1);
  });
});
