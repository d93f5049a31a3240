// Heartbeat, key 12, versions 0 to 4.
//
// Renews the member's session; REBALANCE_IN_PROGRESS asks it to rejoin (C10). While the coordinator loads, all is well (C1).
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { served, type ServedApi } from '../request.js';

export function heartbeat(groups: GroupCoordinator): ServedApi {
  return served(apis.heartbeat, (request) => groups.heartbeat(request));
}
