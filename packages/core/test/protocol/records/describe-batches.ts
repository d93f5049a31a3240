// Says what batches hold in the words of the vectors that Apache's reader wrote.
import { createHash } from 'node:crypto';

import { createCompressors } from '../../../src/io/compression/compressors.js';
import { batchesOf } from '../../../src/protocol/records/record-batch.js';
import { RecordCursor } from '../../../src/protocol/records/record-reader.js';

export const expansion = { decompressors: createCompressors(), maxBytes: 16 * 1024 * 1024 };

const longBytes = 256;

export function hex(bytes: Buffer | null): string | null {
  if (bytes === null) return null;
  if (bytes.length <= longBytes) return bytes.toString('hex');
  return `${bytes.length}:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function describeBatches(bytes: Buffer): unknown[] {
  return Array.from(batchesOf(bytes), (batch) => {
    const records: unknown[] = [];
    const cursor = new RecordCursor(batch, expansion);
    while (cursor.next()) {
      records.push({
        offset: cursor.offset,
        timestamp: cursor.timestamp,
        key: hex(cursor.key),
        value: hex(cursor.value),
        headers: cursor.headers.map(({ key, value }) => [hex(Buffer.from(key)), hex(value)]),
      });
    }
    return {
      codec: batch.compressionType,
      sizeBytes: batch.sizeBytes,
      crc: batch.computeCrc(),
      baseOffset: batch.baseOffset,
      lastOffset: batch.lastOffset,
      partitionLeaderEpoch: batch.partitionLeaderEpoch,
      timestampType: batch.timestampType,
      maxTimestamp: batch.maxTimestamp,
      producerId: batch.producerId,
      producerEpoch: batch.producerEpoch,
      baseSequence: batch.baseSequence,
      lastSequence: batch.lastSequence,
      isTransactional: batch.isTransactional,
      isControl: batch.isControl,
      deleteHorizonMs: batch.deleteHorizonMs,
      recordCount: batch.recordCount,
      records,
    };
  });
}
