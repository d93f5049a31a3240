// Reads a partition as consumers of either isolation see it, up to the end that such a consumer is told of.
import type { Kafka } from '../../../src/client/kafka.js';
import type { IsolationLevel } from '../../../src/client/types.js';

export interface SeenRecord {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}

/** The records, and the position behind the last of them: markers and what was aborted move it, too (CC2). */
export async function recordsOf(
  kafka: Kafka,
  topic: string,
  isolationLevel: IsolationLevel = 'read_committed',
  partition = 0,
): Promise<{ records: SeenRecord[]; position: number; end: number }> {
  const consumer = kafka.consumer({ isolationLevel, autoOffsetReset: 'earliest' });
  try {
    consumer.assign([{ topic, partition }]);
    const [end] = await consumer.endOffsets([{ topic, partition }]);
    const records: SeenRecord[] = [];
    let position = await consumer.position({ topic, partition });
    while (position < (end?.offset ?? 0)) {
      for (const record of await consumer.poll({ timeoutMs: 500 })) {
        const { offset, key, value } = record;
        records.push({ offset, key: key?.toString() ?? null, value: value?.toString() ?? null });
      }
      position = await consumer.position({ topic, partition });
    }
    return { records, position, end: end?.offset ?? 0 };
  } finally {
    await consumer.close();
  }
}

export async function valuesOf(
  kafka: Kafka,
  topic: string,
  isolationLevel: IsolationLevel = 'read_committed',
  partition = 0,
): Promise<(string | null)[]> {
  return (await recordsOf(kafka, topic, isolationLevel, partition)).records.map(({ value }) => value);
}
