// OffsetFetch, key 9, versions 1 to 10.
//
// Null topics are all of the group's (version 2 and later); version 8 and later ask for several groups (KIP-709), version 10 by topic id.
// What was never committed is -1 without an error (C14).
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { groupContext } from '../group-context.js';
import { served, type ServedApi } from '../request.js';

export function offsetFetch(groups: GroupCoordinator): ServedApi {
  return served(apis.offsetFetch, (request, context) => {
    // All offsets of a group once: asked for often, they must not make a reply that fills the memory.
    const once = new Map(
      request.groups.map((group, index) => [group.topics === null ? group.groupId : index, group]),
    );
    return groups.offsetFetch({ ...request, groups: [...once.values()] }, groupContext(context));
  });
}
