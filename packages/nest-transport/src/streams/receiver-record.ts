// Decides what a KafkaReceiver hands to its subscriber.
import type { ConsumerRecord, DeserializationFailure } from '@ottla/core';

/** A record, and how to say that it is done. */
export interface ReceiverRecord<K = unknown, V = unknown> extends ConsumerRecord<K, V> {
  /** Why key or value could not be read; only when the module's consumer option `deserializationFailures` is `deliver`. */
  readonly deserializationFailure: DeserializationFailure | null;
  /** Counts the record as done; its offset is committed once all before it in the partition are. A second call does nothing. */
  ack(): void;
}

/** What `KafkaReceiver.receive` reads, as which group, and how much of it at a time. */
export interface ReceiveOptions {
  /** One topic or several. */
  readonly topics?: string | readonly string[];
  /** Instead of `topics`. */
  readonly topicPattern?: RegExp;
  /** The group to read as. */
  readonly groupId: string;
  /** Records that may be with the subscriber without an ack; the rest waits in the cluster. Default 500. */
  readonly maxInFlight?: number;
  /** Where a group without a committed offset begins. Default: `latest`. */
  readonly autoOffsetReset?: 'earliest' | 'latest' | 'none';
  /** How long the end waits for records that were handed out and not acked. Default 5,000. */
  readonly drainTimeoutMs?: number;
}
