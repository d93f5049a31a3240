// Reads a whole partition of any cluster.
import { createKafka, type CreateKafkaOptions } from '../../src/composition/create-kafka.js';
import type { FetchedRecord } from '../../src/client/consumer/consumer-record.js';

/** Every record of a partition from its start to the end it has now. */
export async function readPartition(
  clientOptions: CreateKafkaOptions,
  topic: string,
  partition: number,
): Promise<FetchedRecord<Buffer, Buffer>[]> {
  const kafka = createKafka(clientOptions);
  try {
    const admin = kafka.admin();
    const ends = await admin.listOffsets([{ topic, partition, spec: 'latest' }]);
    const end = ends.get(`${topic}-${partition}`).offset ?? 0;
    const consumer = kafka.consumer({ autoOffsetReset: 'earliest' });
    consumer.assign([{ topic, partition }]);
    const records: FetchedRecord<Buffer, Buffer>[] = [];
    while (records.length < end) {
      for (const record of await consumer.poll({ timeoutMs: 1000 })) records.push(record);
    }
    return records;
  } finally {
    await kafka.close();
  }
}
