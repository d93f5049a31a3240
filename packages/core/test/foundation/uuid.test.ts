import {
  isUuid,
  InvalidUuidError,
  randomUuid,
  uuidFromBytes,
  uuidToBytes,
  zeroUuid,
} from '../../src/foundation/uuid.js';

describe('uuid', () => {
  test('is the base64url text of its bytes, both ways', () => {
    const bytes = Buffer.from('00ff10203040506070809afbfcfdfeff', 'hex');
    const text = uuidFromBytes(Buffer.concat([Buffer.alloc(3), bytes]), 3);
    expect(text).toBe(bytes.toString('base64url'));
    expect(text).toHaveLength(22);
    const target = Buffer.alloc(20, 7);
    uuidToBytes(text, target, 2);
    expect(target.subarray(2, 18).equals(bytes)).toBe(true);
    expect([target[1], target[18]]).toEqual([7, 7]);
  });

  test('of zeros is the zero uuid', () => {
    expect(uuidFromBytes(Buffer.alloc(16), 0)).toBe(zeroUuid);
    expect(isUuid(zeroUuid)).toBe(true);
  });

  test.each(['', 'short', 'AAAAAAAAAAAAAAAAAAAAAB', 'AAAAAAAAAAAAAAAAAAAA/A', `${zeroUuid}A`])(
    'refuses %p',
    (text) => {
      expect(() => uuidToBytes(text, Buffer.alloc(16), 0)).toThrow(InvalidUuidError);
    },
  );

  test('drawn at random has version 4 and never starts with a dash', () => {
    // The first draw would start with '-' (0xf8 is '-' and more); the second is taken.
    const draws = [Buffer.alloc(16, 0xf8), Buffer.alloc(16, 0x41)];
    const text = randomUuid({ nextBytes: () => draws.shift() ?? Buffer.alloc(0) });
    const bytes = Buffer.alloc(16);
    uuidToBytes(text, bytes, 0);
    expect(draws).toHaveLength(0);
    expect(text.startsWith('-')).toBe(false);
    expect(bytes.readUInt8(6) >> 4).toBe(4);
    expect(bytes.readUInt8(8) >> 6).toBe(2);
  });
});
