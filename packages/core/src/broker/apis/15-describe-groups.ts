// DescribeGroups, key 15, versions 0 to 6.
//
// An unknown group is in state Dead without an error, from version 6 GROUP_ID_NOT_FOUND (C17, KIP-1043).
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { groupContext } from '../group-context.js';
import { served, type ServedApi } from '../request.js';

export function describeGroups(groups: GroupCoordinator): ServedApi {
  return served(apis.describeGroups, (request, context) =>
    // Each once: a large group, named often, must not make a reply that fills the memory.
    groups.describeGroups({ ...request, groups: [...new Set(request.groups)] }, groupContext(context)),
  );
}
