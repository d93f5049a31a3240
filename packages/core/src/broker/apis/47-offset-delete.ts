// OffsetDelete, key 47, version 0 (KIP-496).
//
// Offsets of topics that members read stay, with GROUP_SUBSCRIBED_TO_TOPIC; a group of another protocol type must be empty (C17). Offsets
// that are not there count as deleted.
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { served, type ServedApi } from '../request.js';

export function offsetDelete(groups: GroupCoordinator): ServedApi {
  return served(apis.offsetDelete, (request) => groups.offsetDelete(request));
}
