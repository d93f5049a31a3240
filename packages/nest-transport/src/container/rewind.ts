// Decides where a consumer goes on reading when records that it has polled are left for a later poll.
import type { Consumer, TopicPartition } from '@ottla/core';
import type { NextOffset } from './offset-committer.js';
import type { PartitionWork } from './partition-work.js';

const askTimeoutMs = 1_000;

/** To the first record that is not done; nothing was committed beyond it. Returns where each partition is read from now. */
export function rewindToNext(
  consumer: Consumer<unknown, unknown>,
  works: readonly PartitionWork[],
): NextOffset[] {
  const offsets: NextOffset[] = [];
  for (const { partition, records, next } of stillAssigned(consumer, works)) {
    const record = records[next];
    if (record !== undefined) {
      consumer.seek(partition, record.offset);
      offsets.push({ ...partition, offset: record.offset });
    }
  }
  for (const work of works) {
    work.drop();
  }
  return offsets;
}

/**
 * Commits what is committed already, without a transaction: the group's answer tells the consumer at once whether it has to join
 * again, which it would hear of with its next heartbeat only.
 */
export async function askGroup(
  consumer: Consumer<unknown, unknown>,
  offsets: readonly NextOffset[],
): Promise<void> {
  try {
    await consumer.commit(offsets, { timeoutMs: askTimeoutMs });
  } catch {
    // Whatever is the matter, the next poll deals with it.
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
