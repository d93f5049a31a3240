// SyncGroup, key 14, versions 0 to 5.
//
// The leader's assignment is kept in __consumer_offsets before any member gets its part (C8). From version 5 the protocol's type and name
// are checked (KIP-559).
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { served, type ServedApi } from '../request.js';

export function syncGroup(groups: GroupCoordinator): ServedApi {
  return served(apis.syncGroup, (request) => groups.syncGroup(request));
}
