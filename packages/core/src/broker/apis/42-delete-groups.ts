// DeleteGroups, key 42, versions 0 to 3.
//
// Each group goes with all its offsets, or stays by itself: NON_EMPTY_GROUP while it has members, GROUP_ID_NOT_FOUND when nobody knows
// it (C17). A name that is given twice is answered once.
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { served, type ServedApi } from '../request.js';

export function deleteGroups(groups: GroupCoordinator): ServedApi {
  return served(apis.deleteGroups, (request) => groups.deleteGroups(request));
}
