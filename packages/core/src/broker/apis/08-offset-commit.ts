// OffsetCommit, key 8, versions 2 to 10.
//
// Commits of group members, and of simple consumers with an empty or unknown group and generation -1 (C13); retention time is ignored as
// in Kafka since KIP-211, topics come by id from version 10. The answer waits until the records are below the high watermark (C1).
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { groupContext } from '../group-context.js';
import { served, type ServedApi } from '../request.js';

export function offsetCommit(groups: GroupCoordinator): ServedApi {
  return served(apis.offsetCommit, (request, context) => groups.offsetCommit(request, groupContext(context)));
}
