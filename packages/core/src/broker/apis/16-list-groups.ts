// ListGroups, key 16, versions 0 to 5.
//
// The groups that this node coordinates, filtered by state (version 4, KIP-518) and type (version 5, KIP-848).
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { served, type ServedApi } from '../request.js';

export function listGroups(groups: GroupCoordinator): ServedApi {
  return served(apis.listGroups, (request) => groups.listGroups(request));
}
