// DescribeProducers, key 61, version 0 (KIP-664).
//
// The idempotent and transactional producers that a partition remembers, with the last sequence, the time of the last batch, the epoch of
// the coordinator that ended the last transaction, and where an open transaction began. A bad topic name is INVALID_TOPIC_EXCEPTION, an
// unknown partition UNKNOWN_TOPIC_OR_PARTITION.
import { topicNameProblem } from '../../machines/controller/topic-name.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { DescribeProducersResponseInput } from '../../protocol/messages/61-describe-producers.js';
import { served, type ServedApi } from '../request.js';
import type { TopicRegistry } from '../topic-registry.js';

type PartitionOutput = DescribeProducersResponseInput['topics'][number]['partitions'][number];

function describe(topics: TopicRegistry, name: string, partitionIndex: number): PartitionOutput {
  const problem = topicNameProblem(name);
  const partition = topics.partition(name, partitionIndex);
  if (problem !== null || partition === undefined) {
    const errorCode =
      problem === null ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION;
    const errorMessage = problem ?? `Partition ${name}-${partitionIndex} does not exist`;
    return { partitionIndex, errorCode, errorMessage, activeProducers: [] };
  }
  return { partitionIndex, errorCode: ErrorCode.NONE, activeProducers: partition.activeProducers() };
}

export function describeProducers(topics: TopicRegistry): ServedApi {
  return served(apis.describeProducers, (request) => {
    // Each once: a partition with many producers, named often, must not make a reply that fills the memory.
    const asked = new Map<string, Set<number>>();
    for (const { name, partitionIndexes } of request.topics) {
      const indexes = asked.get(name) ?? new Set<number>();
      for (const index of partitionIndexes) indexes.add(index);
      asked.set(name, indexes);
    }
    return {
      throttleTimeMs: 0,
      topics: [...asked].map(([name, indexes]) => ({
        name,
        partitions: [...indexes].map((index) => describe(topics, name, index)),
      })),
    };
  });
}
