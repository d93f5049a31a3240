// Fetch, key 1, versions 4 to 18.
//
// Partitions are read in request order, or in the session's, under the smaller of the request's and the broker's byte limit and each
// partition's own; the first one with data gives at least its first batch whole, and once a limit is reached later ones still appear,
// empty (F4). A partition named twice is read once. The reply waits until min_bytes are there, an error is, or max_wait has passed (F5),
// and then everything is read again. Topics come by id from version 13 (KIP-516): an unknown one is UNKNOWN_TOPIC_ID (F8). A leader
// epoch the client believes in is checked first (F9), then its last fetched epoch (F10, KIP-595). Records are never null (F13); aborted
// transactions are null unless read_committed was asked for (F6). Sessions (KIP-227, F7) from version 7: epoch 0 asks for one, -1 ends
// it, others continue it. There are no followers: replica ids get NOT_LEADER_OR_FOLLOWER.
import { partitionKey, type RequestedPartition } from '../../machines/fetch/fetch-session.js';
import { noSession } from '../../machines/fetch/fetch-sessions.js';
import { apis } from '../../protocol/api-keys.js';
import type { FetchRequest } from '../../protocol/messages/01-fetch.js';
import { FetchOperation, type FetchParts } from '../fetch/fetch-operation.js';
import { served, type ServedApi } from '../request.js';

const firstTopicIdVersion = 13;

/** The partitions asked for, each once: the last mention counts, in the place of the first. */
function requestedPartitions(topics: FetchRequest['topics']): RequestedPartition[] {
  const requested: RequestedPartition[] = [];
  for (const { topic, topicId, partitions } of topics) {
    for (const each of partitions) {
      const { partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch, lastFetchedEpoch } = each;
      requested.push({
        topic,
        topicId,
        partition,
        fetchOffset,
        maxBytes: partitionMaxBytes,
        currentLeaderEpoch,
        lastFetchedEpoch,
      });
    }
  }
  if (requested.length < 2) return requested;
  const once = new Map(requested.map((each) => [partitionKey(each), each]));
  return once.size === requested.length ? requested : [...once.values()];
}

export function fetch(parts: FetchParts): ServedApi {
  return served(apis.fetch, (request, context) => {
    const fetchContext = parts.sessions.begin(
      {
        sessionId: request.sessionId,
        sessionEpoch: request.sessionEpoch,
        usesTopicIds: context.apiVersion >= firstTopicIdVersion,
        requested: requestedPartitions(request.topics),
        forgotten: request.forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
          partitions.map((partition) => ({ topic, topicId, partition })),
        ),
      },
      parts.clock.monotonicMs(),
    );
    if (fetchContext.kind === 'refused') {
      const { errorCode } = fetchContext;
      return { throttleTimeMs: 0, errorCode, sessionId: noSession, responses: [] };
    }
    return new FetchOperation(parts, request, context, fetchContext).run();
  });
}
