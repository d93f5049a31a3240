// UpdateFeatures, key 57, versions 0 to 2 (KIP-584, KIP-778).
//
// All of a request or nothing: an unknown feature, a level that this broker does not have, or a lower one without a downgrade (upgrade_type 2
// or 3, allow_downgrade in version 0) is INVALID_UPDATE_VERSION and names the first that is wrong. A level that a feature has already is no
// change. validate_only writes nothing. Versions 0 and 1 name each feature that succeeded; version 2 has the one error code (KIP-1022). What
// is changed takes effect at once: without group.version the consumer protocol is refused, without transaction.version 2 producers
// keep to the first transaction protocol. metadata.version has one level here.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { DurableChanges } from '../durable-change.js';
import { served, type ServedApi } from '../request.js';

const lastResultsVersion = 1;

export function updateFeatures(changes: DurableChanges): ServedApi {
  const { machine } = changes.controller;
  return served(apis.updateFeatures, async (request, { apiVersion }) => {
    const [answer] = await changes.make(
      machine.handleUpdateFeatures(request, apiVersion),
      request.timeoutMs,
      (_result, errorCode, errorMessage) => ({ errorCode, errorMessage }),
    );
    const { errorCode = ErrorCode.UNKNOWN_SERVER_ERROR, errorMessage = null } = answer ?? {};
    const isNamed = errorCode === ErrorCode.NONE && apiVersion <= lastResultsVersion;
    return {
      throttleTimeMs: 0,
      errorCode,
      errorMessage,
      results: isNamed
        ? request.featureUpdates.map(({ feature }) => ({ feature, errorCode, errorMessage: null }))
        : [],
    };
  });
}
