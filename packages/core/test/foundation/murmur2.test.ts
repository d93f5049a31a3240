import { murmur2, partitionForKey } from '../../src/foundation/murmur2.js';

describe('murmur2', () => {
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is the one that Kafka gives', (text, expected) => {
    expect(murmur2(Buffer.from(text))).toBe(expected);
  });

  test('places a key by its hash without the sign', () => {
    expect(partitionForKey(Buffer.from('foobar'), 1000)).toBe((-790332482 & 0x7fffffff) % 1000);
    expect(partitionForKey(Buffer.from([0xff, 0x80, 0xfe]), 7)).toBeGreaterThanOrEqual(0);
  });
});
