// Decides what a change to the cluster's metadata comes to: records to write, all or none of them, and what to say when they are durable.
import type { MetadataRecordInput } from '../../protocol/metadata/metadata-records.js';

export interface ControllerOutcome<Reply> {
  readonly records: readonly MetadataRecordInput[];
  readonly reply: Reply;
}

/** An error as Kafka's protocol tells it. */
export interface Refusal {
  readonly kind: 'refused';
  readonly errorCode: number;
  readonly message: string;
}

export function refuse(errorCode: number, message: string): Refusal {
  return { kind: 'refused', errorCode, message };
}

/** Those of the keys that come more than once. */
export function duplicatesOf<Key>(keys: Iterable<Key>): ReadonlySet<Key> {
  const seen = new Set<Key>();
  const twice = new Set<Key>();
  for (const key of keys) (seen.has(key) ? twice : seen).add(key);
  return twice;
}
