// Decides the hash that places a keyed record: murmur2 as Kafka's Java client computes it.

const seed = 0x9747b28c | 0;
const multiplier = 0x5bd1e995;

/** Java-compatible signed 32-bit murmur2 of a key; `length` takes the first bytes of a larger buffer. */
export function murmur2(key: Buffer, length = key.length): number {
  const wordsEnd = length & ~3;
  let hash = seed ^ length;
  for (let at = 0; at < wordsEnd; at += 4) {
    let word =
      byteAt(key, at) |
      (byteAt(key, at + 1) << 8) |
      (byteAt(key, at + 2) << 16) |
      (byteAt(key, at + 3) << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  const rest = length - wordsEnd;
  if (rest === 3) hash ^= byteAt(key, wordsEnd + 2) << 16;
  if (rest >= 2) hash ^= byteAt(key, wordsEnd + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byteAt(key, wordsEnd), multiplier);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}

/** The partition, of `partitionCount`, of a keyed record: murmur2 with its sign bit cleared, as BuiltInPartitioner does. */
export function partitionForKey(key: Buffer, partitionCount: number, length = key.length): number {
  return (murmur2(key, length) & 0x7fff_ffff) % partitionCount;
}

function byteAt(buffer: Buffer, index: number): number {
  return buffer[index] ?? 0;
}
