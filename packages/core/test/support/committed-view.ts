// Decides how a test reads a partition as a read_committed consumer would, from the raw reply: aborted batches and markers left out (F6).
import { apis } from '../../src/protocol/api-keys.js';
import { batchesOf } from '../../src/protocol/records/record-batch.js';
import { readEndTransactionMarker } from '../../src/protocol/records/control-record.js';
import { RecordCursor } from '../../src/protocol/records/record-reader.js';
import { createCompressors } from '../../src/io/compression/compressors.js';
import type { RawClient } from './raw-client.js';
import { fetchOf, type TestBroker } from './test-broker.js';

const expansion = { decompressors: createCompressors(), maxBytes: 64 * 1024 * 1024 };

export interface CommittedView {
  /** What the consumer is given. */
  readonly values: (string | null)[];
  /** `commit@5`, in order. */
  readonly markers: string[];
  /** Null when the reply says null. */
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[] | null;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  /** Where the consumer goes on. */
  readonly position: number;
}

interface ViewOptions {
  readonly partition?: number;
  readonly offset?: number;
  /** With it there is one fetch, else as many as it takes. */
  readonly partitionMaxBytes?: number;
  readonly isolationLevel?: number;
}

export async function readCommitted(
  broker: Pick<TestBroker, 'settled'>,
  client: RawClient,
  topic: string,
  options: ViewOptions = {},
): Promise<CommittedView> {
  const first = await fetchOnce(broker, client, topic, options);
  const { highWatermark, lastStableOffset } = first;
  const end = options.isolationLevel === 0 ? highWatermark : lastStableOffset;
  // One reply may hold part of what there is: what lies in a file, say, and not what lies in memory.
  if (options.partitionMaxBytes !== undefined || first.position >= end) return first;
  const rest = await readCommitted(broker, client, topic, { ...options, offset: first.position });
  return {
    ...rest,
    values: [...first.values, ...rest.values],
    markers: [...first.markers, ...rest.markers],
    aborted: first.aborted,
  };
}

async function fetchOnce(
  broker: Pick<TestBroker, 'settled'>,
  client: RawClient,
  topic: string,
  options: ViewOptions,
): Promise<CommittedView> {
  const { offset = 0, isolationLevel = 1, ...rest } = options;
  const reply = await broker.settled(
    client.send(apis.fetch, 12, fetchOf(topic, offset, { isolationLevel, ...rest })),
  );
  const answer = reply.responses[0]!.partitions[0]!;
  if (answer.errorCode !== 0) throw new Error(`Fetch of ${topic} at ${offset}: error ${answer.errorCode}`);
  const waiting = [...(answer.abortedTransactions ?? [])].sort((a, b) => a.firstOffset - b.firstOffset);
  const abortedNow = new Set<number>();
  const values: (string | null)[] = [];
  const markers: string[] = [];
  let position = offset;
  for (const batch of batchesOf(answer.records ?? Buffer.alloc(0))) {
    while (waiting[0] !== undefined && waiting[0].firstOffset <= batch.lastOffset)
      abortedNow.add(waiting.shift()!.producerId);
    const cursor = new RecordCursor(batch, expansion);
    while (cursor.next()) {
      const marker = batch.isControl ? readEndTransactionMarker(cursor.key, cursor.value) : null;
      if (marker !== null) markers.push(`${marker.type}@${cursor.offset}`);
      if (marker?.type === 'abort') abortedNow.delete(batch.producerId);
      const isHidden = batch.isControl || (batch.isTransactional && abortedNow.has(batch.producerId));
      if (!isHidden && cursor.offset >= offset) values.push(cursor.valueText);
    }
    position = batch.nextOffset;
  }
  return {
    values,
    markers,
    aborted: answer.abortedTransactions,
    highWatermark: answer.highWatermark,
    lastStableOffset: answer.lastStableOffset,
    position,
  };
}
