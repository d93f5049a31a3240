// DeleteTopics, key 20, versions 1 to 6.
//
// By name, from version 6 also by id (KIP-516): an unknown id is UNKNOWN_TOPIC_ID, both at once or neither INVALID_REQUEST, a topic named
// twice INVALID_REQUEST. With delete.topic.enable off every topic is TOPIC_DELETION_DISABLED (K21). A topic made later under the same
// name has another id. The reply waits until the removal is on the disk or timeout_ms has passed.
import { apis } from '../../protocol/api-keys.js';
import type { DurableChanges } from '../durable-change.js';
import { served, type ServedApi } from '../request.js';

export function deleteTopics(changes: DurableChanges): ServedApi {
  const { machine } = changes.controller;
  return served(apis.deleteTopics, async (request, { apiVersion }) => ({
    throttleTimeMs: 0,
    responses: await changes.make(
      machine.handleDeleteTopics(request, apiVersion),
      request.timeoutMs,
      (result, errorCode, errorMessage) => ({ ...result, errorCode, errorMessage }),
    ),
  }));
}
