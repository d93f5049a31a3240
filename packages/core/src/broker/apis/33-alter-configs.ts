// AlterConfigs, key 33, versions 0 to 2.
//
// Replaces all configs of a resource: what is not named goes back to its default (K24). Otherwise as IncrementalAlterConfigs, key 44, which
// Kafka recommends in its place.
import { apis } from '../../protocol/api-keys.js';
import { noTimeLimit, type DurableChanges } from '../durable-change.js';
import { served, type ServedApi } from '../request.js';

export function alterConfigs(changes: DurableChanges): ServedApi {
  const { machine } = changes.controller;
  return served(apis.alterConfigs, async (request) => ({
    throttleTimeMs: 0,
    responses: await changes.make(
      machine.handleAlterConfigs(request),
      noTimeLimit,
      (result, errorCode, errorMessage) => ({ ...result, errorCode, errorMessage }),
    ),
  }));
}
