import { javaStringHash, partitionForId } from '../../src/foundation/string-hash.js';

describe('javaStringHash (G8)', () => {
  test.each([
    ['', 0],
    ['a', 97],
    ['hello', 99162322],
    ['console-consumer-12345', 'console-consumer-12345'],
    // Java's String.hashCode of this text is the least int32.
    ['polygenelubricants', -2147483648],
    ['ß🚀', 223 * 31 * 31 + 0xd83d * 31 + 0xde80],
  ])('of %p', (text, expected) => {
    // The plain definition, in exact arithmetic, judges the fast one where no value is published.
    let exact = 0n;
    for (let index = 0; index < text.length; index++) exact = exact * 31n + BigInt(text.charCodeAt(index));
    const wanted = typeof expected === 'number' ? expected : Number(BigInt.asIntN(32, exact));
    expect(javaStringHash(text)).toBe(wanted);
  });

  test('places an id, the least int32 at partition 0 (G8)', () => {
    expect(partitionForId('polygenelubricants', 50)).toBe(0);
    expect(partitionForId('hello', 50)).toBe(99162322 % 50);
  });
});
