// ListOffsets, key 2, versions 1 to 11.
//
// -1 is the high watermark, or the last stable offset for read_committed; -2 the log start; -3 the record with the greatest timestamp
// (version 7, KIP-734); -4 the earliest local offset (8, KIP-405), here the log start; -5 the last tiered one (9, KIP-1005) and -6 the
// earliest waiting for upload (11, KIP-1023), here always -1; a sentinel that the version lacks is UNSUPPORTED_VERSION. Any other time
// gives the first record with that timestamp or a later one, below the same bound, else -1 (F14). A partition named twice is
// INVALID_REQUEST. The leader epoch is returned from version 4 and checked as in Fetch (F9).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type {
  ListOffsetsRequest,
  ListOffsetsResponseInput,
} from '../../protocol/messages/02-list-offsets.js';
import { leaderEpochProblem } from '../leader-epoch.js';
import type { IsolationLevel, PartitionRuntime } from '../../runtime/partition-runtime.js';
import { served, type ServedApi } from '../request.js';
import type { TopicRegistry } from '../topic-registry.js';

type PartitionOutput = ListOffsetsResponseInput['topics'][number]['partitions'][number];

const latest = -1;
const earliest = -2;
const maxTimestamp = -3;
const earliestLocal = -4;
const latestTiered = -5;
const earliestPendingUpload = -6;

/** The version from which each sentinel is known. */
const firstVersionOf: Readonly<Record<number, number>> = {
  [latest]: 1,
  [earliest]: 1,
  [maxTimestamp]: 7,
  [earliestLocal]: 8,
  [latestTiered]: 9,
  [earliestPendingUpload]: 11,
};

/** Older versions have no place for the leader epoch of what was found. */
const firstVersionWithEpoch = 4;

type Found = Pick<PartitionOutput, 'offset' | 'timestamp' | 'leaderEpoch'>;
const notFound: Found = { offset: -1, timestamp: -1, leaderEpoch: -1 };

function find(partition: PartitionRuntime, timestamp: number, isolation: IsolationLevel): Found {
  const { leaderEpoch } = partition;
  switch (timestamp) {
    case latest: {
      const offset = isolation === 'committed' ? partition.lastStableOffset : partition.highWatermark;
      return { offset, timestamp: -1, leaderEpoch };
    }
    case earliest:
    case earliestLocal:
      return { offset: partition.logStartOffset, timestamp: -1, leaderEpoch };
    case maxTimestamp:
      return partition.offsetOfMaxTimestamp() ?? notFound;
    case latestTiered:
    case earliestPendingUpload:
      return notFound;
    default:
      return partition.offsetForTimestamp(timestamp, isolation) ?? notFound;
  }
}

/** Partitions of each topic that the request names more than once, wherever in it. */
function duplicates(topics: ListOffsetsRequest['topics']): ReadonlyMap<string, ReadonlySet<number>> {
  const seenOf = new Map<string, Set<number>>();
  const twiceOf = new Map<string, Set<number>>();
  for (const { name, partitions } of topics) {
    const seen = seenOf.get(name) ?? new Set<number>();
    const twice = twiceOf.get(name) ?? new Set<number>();
    for (const { partitionIndex } of partitions) {
      if (seen.has(partitionIndex)) twice.add(partitionIndex);
      seen.add(partitionIndex);
    }
    seenOf.set(name, seen);
    twiceOf.set(name, twice);
  }
  return twiceOf;
}

const none: ReadonlySet<number> = new Set();

export function listOffsets(topics: TopicRegistry): ServedApi {
  function answer(
    topic: ListOffsetsRequest['topics'][number],
    isolation: IsolationLevel,
    apiVersion: number,
    twice: ReadonlySet<number>,
  ): PartitionOutput[] {
    return topic.partitions.map(({ partitionIndex, currentLeaderEpoch, timestamp }): PartitionOutput => {
      const failed = (errorCode: number): PartitionOutput => ({ partitionIndex, errorCode, ...notFound });
      if (twice.has(partitionIndex)) return failed(ErrorCode.INVALID_REQUEST);
      const partition = topics.partition(topic.name, partitionIndex);
      if (partition === undefined) return failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
      const epochProblem = leaderEpochProblem(partition, currentLeaderEpoch);
      if (epochProblem !== ErrorCode.NONE) return failed(epochProblem);
      if (timestamp < 0 && apiVersion < (firstVersionOf[timestamp] ?? Infinity)) {
        return failed(ErrorCode.UNSUPPORTED_VERSION);
      }
      const found = find(partition, timestamp, isolation);
      const leaderEpoch = apiVersion >= firstVersionWithEpoch ? found.leaderEpoch : -1;
      return { partitionIndex, errorCode: ErrorCode.NONE, ...found, leaderEpoch };
    });
  }

  return served(apis.listOffsets, (request, { apiVersion }) => {
    const isolation = request.isolationLevel === 1 ? 'committed' : 'uncommitted';
    const twice = duplicates(request.topics);
    return {
      throttleTimeMs: 0,
      topics: request.topics.map((topic) => ({
        name: topic.name,
        partitions: answer(topic, isolation, apiVersion, twice.get(topic.name) ?? none),
      })),
    };
  });
}
