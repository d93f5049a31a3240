// OffsetForLeaderEpoch, key 23, versions 2 to 4.
//
// For each partition the last offset of a leader epoch, or of the next lower one that is known (L20, F15); -1 and -1 for an epoch that is
// not known at all. The leader epoch that the client believes in is checked first (F9, KIP-320).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { leaderEpochProblem } from '../leader-epoch.js';
import { served, type ServedApi } from '../request.js';
import type { TopicRegistry } from '../topic-registry.js';

export function offsetForLeaderEpoch(topics: TopicRegistry): ServedApi {
  return served(apis.offsetForLeaderEpoch, (request) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch }) => {
        const partition = topics.partition(topic, index);
        const errorCode =
          partition === undefined
            ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            : leaderEpochProblem(partition, currentLeaderEpoch);
        const none = { leaderEpoch: -1, endOffset: -1 };
        const found =
          partition === undefined || errorCode !== 0 ? none : partition.epochEndOffset(leaderEpoch);
        return { errorCode, partition: index, ...found };
      }),
    })),
  }));
}
