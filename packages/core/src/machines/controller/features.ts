// Decides which features a cluster has (KIP-584): so which versions of metadata records it may hold and which protocols it speaks.
import type { MetadataRecordInput } from '../../protocol/metadata/metadata-records.js';
import type { ClusterImage } from './cluster-image.js';

export interface Feature {
  readonly name: string;
  /** Levels that this broker knows; 0 is off. */
  readonly minVersion: number;
  readonly maxVersion: number;
  /** What a new cluster has. */
  readonly initialLevel: number;
}

/** What producers and the transaction coordinator agree on (KIP-890). */
export const transactionVersionFeature = 'transaction.version';

/** Which group protocols a cluster speaks (KIP-848). */
export const groupVersionFeature = 'group.version';

export const features: readonly Feature[] = [
  // 25 is 4.0-IV3, the last of Kafka 4.0: partitions name their directories, and every Kafka 4 reads it.
  { name: 'metadata.version', minVersion: 25, maxVersion: 25, initialLevel: 25 },
  // 1 is the consumer group protocol of KIP-848.
  { name: groupVersionFeature, minVersion: 0, maxVersion: 1, initialLevel: 1 },
  // 1 lets the coordinator keep more of a transaction, 2 is the protocol with an epoch for each.
  { name: transactionVersionFeature, minVersion: 0, maxVersion: 2, initialLevel: 2 },
];

const transactionName = 'Bootstrap records';

/** What a log lacks that never named some of the features, in one metadata transaction; empty when it lacks nothing. */
export function bootstrapRecords(image: ClusterImage): MetadataRecordInput[] {
  const levels = features
    .filter(({ name }) => !image.hasNamedFeature(name))
    .map(({ name, initialLevel }): MetadataRecordInput => ({
      kind: 'featureLevel',
      body: { name, featureLevel: initialLevel },
    }));
  if (levels.length === 0) return [];
  return [
    { kind: 'beginTransaction', body: { name: transactionName } },
    ...levels,
    { kind: 'endTransaction', body: {} },
  ];
}
