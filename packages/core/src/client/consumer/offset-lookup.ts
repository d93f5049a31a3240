// Decides how offsets are asked of the partitions' leaders: by time, by end of the log, and by leader epoch.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { PartitionLeader } from '../../machines/consumer/cluster-view.js';
import type { EpochEnd } from '../../machines/consumer/position-validation.js';
import {
  groupByTopic,
  topicPartitionKey,
  type TopicPartition,
} from '../../machines/consumer/topic-partition.js';
import { brokerError, KafkaError } from '../errors.js';
import type { Metadata } from '../metadata.js';
import type { NetworkClient } from '../network-client.js';

/** Kafka's sentinels in place of a timestamp. */
export const latestTimestamp = -1;
export const earliestTimestamp = -2;

/** A time in a partition. */
export interface TimestampQuery extends TopicPartition {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

export interface FoundOffset {
  /** -1 when no record is so late. */
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

export interface EpochQuery extends TopicPartition {
  readonly leaderEpoch: number;
}

/** One result or error for each partition asked for, by key. */
export type OffsetResults<T> = Map<string, T | KafkaError>;

interface LedPartition<Q> {
  readonly query: Q;
  readonly leader: PartitionLeader;
}

const consumerReplicaId = -1;

export class OffsetLookup {
  constructor(
    private readonly client: NetworkClient,
    private readonly metadata: Metadata,
    private readonly isolation: 'uncommitted' | 'committed',
  ) {}

  /** Asks once; partitions whose leader is not known, or that were refused, have a KafkaError in the result. */
  async offsetsByTimestamp(
    queries: readonly TimestampQuery[],
    timeoutMs: number,
  ): Promise<OffsetResults<FoundOffset>> {
    return this.#askLeaders(queries, 'the offsets', async (nodeId, led, results) => {
      const timestamps = new Map(led.map((one) => [keyOf(one.query), one]));
      const response = await this.client.send(
        nodeId,
        apis.listOffsets,
        {
          replicaId: consumerReplicaId,
          isolationLevel: this.isolation === 'committed' ? 1 : 0,
          topics: byTopic(led, (topic, partitions) => ({
            name: topic,
            partitions: partitions.map((partitionIndex) => {
              const one = timestamps.get(topicPartitionKey(topic, partitionIndex));
              return {
                partitionIndex,
                currentLeaderEpoch: one?.leader.epoch ?? -1,
                timestamp: one?.query.timestamp ?? latestTimestamp,
              };
            }),
          })),
          timeoutMs,
        },
        { timeoutMs },
      );
      for (const topic of response.topics) {
        for (const found of topic.partitions) {
          const key = topicPartitionKey(topic.name, found.partitionIndex);
          const { errorCode, offset, timestamp, leaderEpoch } = found;
          results.set(
            key,
            errorCode === ErrorCode.NONE
              ? { offset, timestamp, leaderEpoch }
              : this.#refusal(key, errorCode, nodeId),
          );
        }
      }
    });
  }

  /** Where the leader's log ends for an epoch (KIP-320). */
  async endsOfEpochs(queries: readonly EpochQuery[], timeoutMs: number): Promise<OffsetResults<EpochEnd>> {
    return this.#askLeaders(queries, 'the epochs', async (nodeId, led, results) => {
      const epochs = new Map(led.map((one) => [keyOf(one.query), one]));
      const response = await this.client.send(
        nodeId,
        apis.offsetForLeaderEpoch,
        {
          replicaId: consumerReplicaId,
          topics: byTopic(led, (topic, partitions) => ({
            topic,
            partitions: partitions.map((partition) => {
              const one = epochs.get(topicPartitionKey(topic, partition));
              return {
                partition,
                currentLeaderEpoch: one?.leader.epoch ?? -1,
                leaderEpoch: one?.query.leaderEpoch ?? -1,
              };
            }),
          })),
        },
        { timeoutMs },
      );
      for (const topic of response.topics) {
        for (const found of topic.partitions) {
          const key = topicPartitionKey(topic.topic, found.partition);
          const { errorCode, endOffset, leaderEpoch } = found;
          results.set(
            key,
            errorCode === ErrorCode.NONE ? { endOffset, leaderEpoch } : this.#refusal(key, errorCode, nodeId),
          );
        }
      }
    });
  }

  async #askLeaders<Q extends TopicPartition, T>(
    queries: readonly Q[],
    what: string,
    ask: (nodeId: number, led: readonly LedPartition<Q>[], results: OffsetResults<T>) => Promise<void>,
  ): Promise<OffsetResults<T>> {
    const results: OffsetResults<T> = new Map();
    const byNode = new Map<number, LedPartition<Q>[]>();
    for (const query of queries) {
      const found = this.metadata.partition(query.topic, query.partition);
      if (found === undefined || found.leader < 0) {
        results.set(keyOf(query), this.#withoutLeader(query));
        continue;
      }
      const led = { query, leader: { nodeId: found.leader, epoch: found.leaderEpoch } };
      const list = byNode.get(found.leader);
      if (list === undefined) byNode.set(found.leader, [led]);
      else list.push(led);
    }
    await Promise.all(
      [...byNode].map(async ([nodeId, led]) => {
        try {
          await ask(nodeId, led, results);
        } catch (error) {
          if (!(error instanceof KafkaError)) throw error;
          for (const { query } of led) results.set(keyOf(query), error);
        }
        for (const { query } of led) {
          if (results.has(keyOf(query))) continue;
          const text = `Broker ${nodeId} left ${query.topic}-${query.partition} out when it was asked for ${what}`;
          results.set(keyOf(query), new KafkaError(text, { code: 'MALFORMED_RESPONSE' }));
        }
      }),
    );
    if ([...results.values()].some((result) => result instanceof KafkaError)) this.metadata.requestUpdate();
    return results;
  }

  #withoutLeader({ topic, partition }: TopicPartition): KafkaError {
    const reason = this.metadata.view.topicErrors.get(topic);
    const partitionCount = this.metadata.topic(topic)?.partitions.length;
    const code =
      reason ??
      (partitionCount === undefined || partition >= partitionCount
        ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        : ErrorCode.LEADER_NOT_AVAILABLE);
    return brokerError(code, `Partition ${topic}-${partition} cannot be asked for its offsets`);
  }

  #refusal(key: string, errorCode: number, nodeId: number): KafkaError {
    return brokerError(errorCode, `Cannot look up an offset of ${key} on ${this.client.nodeName(nodeId)}`);
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return topicPartitionKey(topic, partition);
}

function byTopic<Q extends TopicPartition, T>(
  led: readonly LedPartition<Q>[],
  make: (topic: string, partitions: readonly number[]) => T,
): T[] {
  return [...groupByTopic(led.map(({ query }) => query))].map(([topic, partitions]) =>
    make(topic, partitions),
  );
}
