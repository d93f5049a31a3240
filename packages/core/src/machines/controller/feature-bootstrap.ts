// Decides which features a cluster starts with, and so which versions of metadata records it may hold.
import type { MetadataRecordInput } from '../../protocol/metadata/metadata-records.js';
import type { ClusterImage } from './cluster-image.js';

/** metadata.version 25 is 4.0-IV3, the last of Kafka 4.0: partitions name their directories, and every Kafka 4 reads it. */
const initialFeatures: Readonly<Record<string, number>> = { 'metadata.version': 25 };

const transactionName = 'Bootstrap records';

/** What a log lacks that has no, or fewer, features, in one metadata transaction; empty when it lacks nothing. */
export function bootstrapRecords(image: ClusterImage): MetadataRecordInput[] {
  const levels = Object.entries(initialFeatures)
    .filter(([name]) => !image.featureLevels.has(name))
    .map(([name, featureLevel]): MetadataRecordInput => ({
      kind: 'featureLevel',
      body: { name, featureLevel },
    }));
  if (levels.length === 0) return [];
  return [
    { kind: 'beginTransaction', body: { name: transactionName } },
    ...levels,
    { kind: 'endTransaction', body: {} },
  ];
}
