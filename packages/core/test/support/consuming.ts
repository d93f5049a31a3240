// How tests read with consumers: until something came, never for a time.
import type { Consumer } from '../../src/client/consumer.js';
import type { FetchedRecord } from '../../src/client/consumer/consumer-record.js';
import type { TopicPartition } from '../../src/client/types.js';

const limitMs = 30_000;

/** Polls until `isDone` holds; fails after half a minute with what was read so far. */
export async function pollUntil<K, V>(
  consumers: Consumer<K, V> | readonly Consumer<K, V>[],
  isDone: (records: readonly FetchedRecord<K, V>[]) => boolean,
): Promise<FetchedRecord<K, V>[]> {
  const list = Array.isArray(consumers)
    ? (consumers as readonly Consumer<K, V>[])
    : [consumers as Consumer<K, V>];
  const records: FetchedRecord<K, V>[] = [];
  const deadlineMs = Date.now() + limitMs;
  while (!isDone(records)) {
    if (Date.now() > deadlineMs)
      throw new Error(`Not done after ${limitMs} ms; ${records.length} records were read`);
    for (const polled of await Promise.all(list.map((consumer) => consumer.poll({ timeoutMs: 100 }))))
      records.push(...polled);
  }
  return records;
}

export function pollCount<K, V>(
  consumers: Consumer<K, V> | readonly Consumer<K, V>[],
  count: number,
): Promise<FetchedRecord<K, V>[]> {
  return pollUntil(consumers, (records) => records.length >= count);
}

export function names(partitions: readonly TopicPartition[]): string[] {
  return partitions.map(({ topic, partition }) => `${topic}-${partition}`).sort();
}
