// Decides what the Nest layer calls a producer with a transactional id, and the offsets that go into a transaction.
import type { OffsetToCommit, Producer } from '@ottla/core';

/** The offset of the next record to read of one partition, as `consumer.commit` takes it. */
export type TopicPartitionOffset = OffsetToCommit;

/** A producer that was made with a `transactionalId`. */
export type TransactionalProducer = Producer<unknown, unknown>;
