// CreateTopics, key 19, versions 2 to 7.
//
// Each topic by itself (K20): a name given twice is INVALID_REQUEST; then name, existence and collision (G7), counts or assignments,
// configs. More than 10,000 partitions in one request are POLICY_VIOLATION, as in Kafka's controller. validate_only writes nothing.
// Version 5 and later return what was made and its configs (KIP-525), version 7 the topic id. All topics of a request are one batch of the
// metadata log. The reply waits until it is on the disk or timeout_ms has passed (REQUEST_TIMED_OUT; the topics then exist all the same).
import { apis } from '../../protocol/api-keys.js';
import type { DurableChanges } from '../durable-change.js';
import { served, type ServedApi } from '../request.js';
import type { TopicRegistry } from '../topic-registry.js';

export function createTopics(changes: DurableChanges, topics: TopicRegistry): ServedApi {
  const { machine } = changes.controller;
  return served(apis.createTopics, async (request) => ({
    throttleTimeMs: 0,
    topics: await changes.make(
      machine.handleCreateTopics(request, topics.creationFacts),
      request.timeoutMs,
      ({ name }, errorCode, errorMessage) => ({ name, errorCode, errorMessage, configs: [] }),
    ),
  }));
}
