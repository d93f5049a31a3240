// Decides how offsets of partitions are asked for: by end, by time, by the largest timestamp.
import { topicPartitionKey } from '../../machines/consumer/topic-partition.js';
import { OffsetLookup } from '../consumer/offset-lookup.js';
import { KafkaError } from '../errors.js';
import type { IsolationLevel, TopicPartition } from '../types.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';

/** Which offset of a partition is wanted. */
export type OffsetSpec = 'earliest' | 'latest' | 'max-timestamp' | { readonly timestamp: number };

/** Which offset of which partition is wanted. */
export interface OffsetQuery extends TopicPartition {
  /** Which of its offsets. */
  readonly spec: OffsetSpec;
}

/** An offset that was asked for. */
export interface ListedOffset extends TopicPartition {
  /** Null when there is no record so late. */
  readonly offset: number | null;
  /** Null when the offset is not that of a record. */
  readonly timestamp: number | null;
  /** The epoch of the leader that wrote it; null when not known. */
  readonly leaderEpoch: number | null;
}

const sentinels = { latest: -1, earliest: -2, 'max-timestamp': -3 } as const;

/** A topic that was just created may not be known everywhere; one that is unknown for so long is not there. */
const topicTimeoutMs = 5000;

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** Results by `topic-partition`. */
export async function listOffsets(
  context: AdminContext,
  queries: readonly OffsetQuery[],
  isolation: IsolationLevel,
): Promise<AdminResults<ListedOffset>> {
  const results = new ResultCollector<ListedOffset>();
  const lookup = new OffsetLookup(
    context.client,
    context.metadata,
    isolation === 'read_committed' ? 'committed' : 'uncommitted',
  );
  await Promise.all(
    [...new Set(queries.map(({ topic }) => topic))].map(async (topic) => {
      const ofTopic = queries.filter((query) => query.topic === topic);
      try {
        for (const listed of await offsetsOf(context, lookup, topic, ofTopic)) {
          if (listed instanceof Failed) results.error(listed.name, listed.error);
          else results.value(nameOf(listed), listed);
        }
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        for (const query of ofTopic) results.error(nameOf(query), error);
      }
    }),
  );
  return results.finish();
}

class Failed {
  constructor(
    readonly name: string,
    readonly error: KafkaError,
  ) {}
}

async function offsetsOf(
  context: AdminContext,
  lookup: OffsetLookup,
  topic: string,
  queries: readonly OffsetQuery[],
): Promise<(ListedOffset | Failed)[]> {
  const what = `Listing offsets of ${topic}`;
  context.metadata.addTopics([topic]);
  await context.call(what, (timeoutMs) => context.metadata.refresh(timeoutMs));
  await context.metadata.ready(topic, Math.min(topicTimeoutMs, context.settings.defaultApiTimeoutMs));
  return context.call(what, async (timeoutMs) => {
    const asked = queries.map(({ partition, spec }) => ({
      topic,
      partition,
      timestamp: typeof spec === 'string' ? sentinels[spec] : spec.timestamp,
    }));
    // Brokers answer in an order of their own.
    const found = await lookup.offsetsByTimestamp(asked, timeoutMs);
    const retriable = [...found.values()].find((result) => result instanceof KafkaError && result.retriable);
    if (retriable instanceof KafkaError) throw retriable;
    return asked.map((query): ListedOffset | Failed => {
      const result = found.get(topicPartitionKey(topic, query.partition));
      if (result === undefined || result instanceof KafkaError) {
        const error =
          result ?? new KafkaError(`No answer for ${nameOf(query)}`, { code: 'MALFORMED_RESPONSE' });
        return new Failed(nameOf(query), error);
      }
      return {
        topic,
        partition: query.partition,
        offset: result.offset < 0 ? null : result.offset,
        timestamp: result.timestamp < 0 ? null : result.timestamp,
        leaderEpoch: result.leaderEpoch < 0 ? null : result.leaderEpoch,
      };
    });
  });
}
