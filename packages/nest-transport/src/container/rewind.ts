// Decides where a consumer goes on reading when records that it has polled are left for a later poll.
import type { Consumer, TopicPartition } from '@ottla/core';
import type { PartitionWork } from './partition-work.js';

/** To the first record that is not done; nothing was committed beyond it. */
export function rewindToNext(consumer: Consumer<unknown, unknown>, works: readonly PartitionWork[]): void {
  for (const work of stillAssigned(consumer, works)) {
    const next = work.records[work.next];
    if (next !== undefined) {
      consumer.seek(work.partition, next.offset);
    }
  }
  for (const work of works) {
    work.drop();
  }
}

/**
 * To what the group has committed, for when it is not known whether a commit was carried out. Asking waits until the transaction
 * in question has ended (KIP-447).
 */
export async function rewindToCommitted(
  consumer: Consumer<unknown, unknown>,
  works: readonly PartitionWork[],
): Promise<void> {
  const committed = await consumer.committed(works.map(({ partition }) => partition));
  for (const work of stillAssigned(consumer, works)) {
    const { topic, partition } = work.partition;
    const known = committed.find((one) => one.topic === topic && one.partition === partition);
    const offset = known?.offset ?? work.records[work.next]?.offset;
    if (offset !== undefined) {
      consumer.seek(work.partition, offset);
    }
  }
  for (const work of works) {
    work.drop();
  }
}

function stillAssigned(
  consumer: Consumer<unknown, unknown>,
  works: readonly PartitionWork[],
): PartitionWork[] {
  const assigned = new Set(consumer.assignment().map(nameOf));
  return works.filter((work) => !work.done && assigned.has(nameOf(work.partition)));
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
