// ConsumerGroupDescribe, key 69, versions 0 and 1 (KIP-848).
//
// What is not a consumer group is GROUP_ID_NOT_FOUND, whereupon clients ask DescribeGroups. Version 1 tells members of the classic protocol
// from others (KIP-1099).
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { served, type ServedApi } from '../request.js';

export function consumerGroupDescribe(groups: GroupCoordinator): ServedApi {
  return served(apis.consumerGroupDescribe, (request) =>
    // Each once: a large group, named often, must not make a reply that fills the memory.
    groups.consumerGroupDescribe({ ...request, groupIds: [...new Set(request.groupIds)] }),
  );
}
