// OffsetFetch, key 9, versions 1 to 10.
//
// Null topics are all of the group's (version 2 and later); version 8 and later ask for several groups (KIP-709), version 10 by topic id.
// What was never committed is -1 without an error (C14).
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { groupContext } from '../group-context.js';
import { served, type ServedApi } from '../request.js';

export function offsetFetch(groups: GroupCoordinator): ServedApi {
  return served(apis.offsetFetch, (request, context) => groups.offsetFetch(request, groupContext(context)));
}
