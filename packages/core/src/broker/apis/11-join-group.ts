// JoinGroup, key 11, versions 0 to 9.
//
// Versions 0 and 1 are there for old librdkafka, which takes consumer groups off without them (KAFKA-19444). From version 4 a member must
// come back with the id it is given (MEMBER_ID_REQUIRED, C5). The answer waits for the group's rebalance (C6, C7).
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { groupContext } from '../group-context.js';
import { served, type ServedApi } from '../request.js';

export function joinGroup(groups: GroupCoordinator): ServedApi {
  return served(apis.joinGroup, (request, context) => groups.joinGroup(request, groupContext(context)));
}
