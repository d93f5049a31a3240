// AlterPartitionReassignments, key 45, versions 0 and 1 (KIP-455, KIP-860).
//
// On the only broker a partition can stay where it is, which succeeds and changes nothing; any other place is INVALID_REPLICA_ASSIGNMENT.
// There is never a move to cancel: NO_REASSIGNMENT_IN_PROGRESS (K23). Since no replication factor ever changes, version 1's
// allow_replication_factor_change is only repeated.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { Controller } from '../controller.js';
import { served, type ServedApi } from '../request.js';

export function alterPartitionReassignments({ machine }: Controller): ServedApi {
  return served(apis.alterPartitionReassignments, (request) => ({
    throttleTimeMs: 0,
    allowReplicationFactorChange: request.allowReplicationFactorChange,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    responses: [...machine.handleAlterPartitionReassignments(request)],
  }));
}
