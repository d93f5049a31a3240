// Decides the records that go through every client: reproducible, of all sizes, with text beyond ASCII.

/** A small reproducible generator (mulberry32). @param {number} seed */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const letters = Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789 .,;äöüßéЖ漢字🙂');

/**
 * Numbered records; neither key nor value holds a tab or a line break, so that line-based tools carry them.
 * @param {number} count @param {number} seed
 */
export function sampleRecords(count, seed) {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const length = Math.floor(random() ** 3 * 400);
    let text = '';
    for (let at = 0; at < length; at += 1) text += letters[Math.floor(random() * letters.length)];
    return { key: `key-${Math.floor(random() * 500)}`, value: `${index}:${text}` };
  });
}

/**
 * Fails unless exactly the records sent were received: each once, byte for byte, and in order per key.
 * @param {readonly { key: string, value: string }[]} sent
 * @param {readonly { key: string, value: string, partition: number, offset: number }[]} received
 */
export function assertSameRecords(sent, received) {
  const byPlace = new Map(received.map((record) => [`${record.partition}/${record.offset}`, record]));
  if (byPlace.size !== received.length)
    throw new Error(`${received.length - byPlace.size} records were delivered twice`);
  if (received.length !== sent.length)
    throw new Error(`sent ${sent.length} records, received ${received.length}`);
  const inOrder = [...byPlace.values()].sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  const expected = groupByKey(sent);
  for (const [key, values] of groupByKey(inOrder)) {
    const wanted = expected.get(key) ?? [];
    values.forEach((value, index) => {
      if (value !== wanted[index]) {
        throw new Error(
          `record ${index} of ${key}: sent ${JSON.stringify(wanted[index])}, received ${JSON.stringify(value)}`,
        );
      }
    });
  }
}

/** @param {readonly { key: string, value: string }[]} records */
function groupByKey(records) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const { key, value } of records) {
    const values = groups.get(key);
    if (values === undefined) groups.set(key, [value]);
    else values.push(value);
  }
  return groups;
}
