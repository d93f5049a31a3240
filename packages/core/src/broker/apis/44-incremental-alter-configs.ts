// IncrementalAlterConfigs, key 44, versions 0 and 1 (KIP-339).
//
// SET, DELETE, and for lists APPEND and SUBTRACT (K24), of topics, of groups, and of brokers: this one by its id, or all under the empty name (KIP-226).
// One failure rejects that resource whole, and no other. A topic's or group's unknown or bad config is INVALID_CONFIG; of a broker's configs those
// that cannot change while it runs and everything else that is wrong are INVALID_REQUEST, as in Kafka. Other resource types are
// INVALID_REQUEST. validate_only writes nothing. What is changed takes effect at once and is on the disk when the reply is sent.
import { apis } from '../../protocol/api-keys.js';
import { noTimeLimit, type DurableChanges } from '../durable-change.js';
import { served, type ServedApi } from '../request.js';

export function incrementalAlterConfigs(changes: DurableChanges): ServedApi {
  const { machine } = changes.controller;
  return served(apis.incrementalAlterConfigs, async (request) => ({
    throttleTimeMs: 0,
    responses: await changes.make(
      machine.handleIncrementalAlterConfigs(request),
      noTimeLimit,
      (result, errorCode, errorMessage) => ({ ...result, errorCode, errorMessage }),
    ),
  }));
}
