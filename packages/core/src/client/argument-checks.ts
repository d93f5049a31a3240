// Decides what is said of a partition that cannot exist.
import { InvalidArgumentError } from './errors.js';
import type { TopicPartition } from './types.js';

const maxPartition = 2 ** 31 - 1;

/** Throws unless each has a topic's name and a partition's number. `what` begins the message: `Cannot assign`. */
export function checkTopicPartitions(what: string, partitions: readonly TopicPartition[]): void {
  if (!Array.isArray(partitions)) {
    throw new InvalidArgumentError(`${what}: give a list of { topic, partition }`);
  }
  for (const each of partitions as readonly Partial<TopicPartition>[]) {
    const topic: unknown = each?.topic;
    const partition: unknown = each?.partition;
    if (typeof topic !== 'string' || topic === '')
      throw new InvalidArgumentError(`${what}: a partition without a topic was given`);
    if (!Number.isInteger(partition) || (partition as number) < 0 || (partition as number) > maxPartition) {
      throw new InvalidArgumentError(
        `${what} ${topic}: its partition is ${String(partition)}; partitions count from 0`,
      );
    }
  }
}

/** Milliseconds that a call may take; 0 or more. */
export function checkedTimeout(what: string, timeoutMs: number): number {
  if (typeof timeoutMs === 'number' && timeoutMs >= 0) return Math.min(timeoutMs, maxPartition);
  throw new InvalidArgumentError(`${what}: timeoutMs is ${String(timeoutMs)}; give 0 or more`);
}
