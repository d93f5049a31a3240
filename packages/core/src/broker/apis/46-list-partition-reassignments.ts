// ListPartitionReassignments, key 46, version 0 (KIP-455).
//
// Lists moves that are under way; on the only broker there are none, whichever topics are asked for (K23).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { served, type ServedApi } from '../request.js';

export function listPartitionReassignments(): ServedApi {
  return served(apis.listPartitionReassignments, () => ({
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topics: [],
  }));
}
