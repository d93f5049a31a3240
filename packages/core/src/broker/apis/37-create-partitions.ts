// CreatePartitions, key 37, versions 0 to 3.
//
// Each topic by itself (K22): a name given twice is INVALID_REQUEST, a count that is no increase INVALID_PARTITIONS, assignments of another
// number or to other brokers INVALID_REPLICA_ASSIGNMENT; more than 10,000 partitions in one request POLICY_VIOLATION. validate_only writes
// nothing. The reply waits until the partitions are on the disk or timeout_ms has passed. Version 2 is flexible; nothing else differs.
import { apis } from '../../protocol/api-keys.js';
import type { DurableChanges } from '../durable-change.js';
import { served, type ServedApi } from '../request.js';

export function createPartitions(changes: DurableChanges): ServedApi {
  const { machine } = changes.controller;
  return served(apis.createPartitions, async (request) => ({
    throttleTimeMs: 0,
    results: await changes.make(
      machine.handleCreatePartitions(request),
      request.timeoutMs,
      ({ name }, errorCode, errorMessage) => ({ name, errorCode, errorMessage }),
    ),
  }));
}
