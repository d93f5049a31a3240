// ConsumerGroupDescribe, key 69, versions 0 and 1 (KIP-848).
//
// What is not a consumer group is GROUP_ID_NOT_FOUND, whereupon clients ask DescribeGroups. Version 1 tells members of the classic protocol
// from others (KIP-1099).
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { ConsumerGroupDescribeResponseInput } from '../../protocol/messages/69-consumer-group-describe.js';
import type { ConsumerProtocolGate } from '../consumer-protocol-gate.js';
import { served, type ServedApi } from '../request.js';

function refused(groupId: string, errorCode: number): ConsumerGroupDescribeResponseInput['groups'][number] {
  const nothing = { groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [] };
  return { ...nothing, groupId, errorCode, errorMessage: null };
}

export function consumerGroupDescribe(groups: GroupCoordinator, gate: ConsumerProtocolGate): ServedApi {
  return served(apis.consumerGroupDescribe, (request) => {
    // Each once: a large group, named often, must not make a reply that fills the memory.
    const groupIds = [...new Set(request.groupIds)];
    const errorCode = gate();
    if (errorCode === ErrorCode.NONE) return groups.consumerGroupDescribe({ ...request, groupIds });
    return { throttleTimeMs: 0, groups: groupIds.map((groupId) => refused(groupId, errorCode)) };
  });
}
