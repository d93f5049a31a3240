// LeaveGroup, key 13, versions 0 to 5.
//
// From version 3 several members leave at once, each with an error of its own (KIP-345, C12).
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { groupContext } from '../group-context.js';
import { served, type ServedApi } from '../request.js';

export function leaveGroup(groups: GroupCoordinator): ServedApi {
  return served(apis.leaveGroup, (request, context) => groups.leaveGroup(request, groupContext(context)));
}
