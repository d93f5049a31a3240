// Decides how groups of the newer protocol (KIP-848) are described; DescribeGroups knows classic groups alone.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError } from '../errors.js';
import type { AdminContext } from './admin-context.js';

/** One request to the group's coordinator; fails with GROUP_ID_NOT_FOUND for what is no group of this protocol. */
export async function describeConsumerGroup(
  context: AdminContext,
  groupId: string,
  coordinator: number,
  timeoutMs: number,
) {
  const response = await context.client.send(
    coordinator,
    apis.consumerGroupDescribe,
    { groupIds: [groupId], includeAuthorizedOperations: false },
    { timeoutMs },
  );
  const group = response.groups.find((each) => each.groupId === groupId);
  const errorCode = group === undefined ? ErrorCode.GROUP_ID_NOT_FOUND : group.errorCode;
  if (group === undefined || errorCode !== ErrorCode.NONE) {
    throw brokerError(errorCode, `Cannot describe group ${groupId}`, group?.errorMessage ?? null);
  }
  return {
    groupId,
    state: group.groupState,
    protocolType: 'consumer',
    protocol: group.assignorName,
    coordinator,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      assignment: member.assignment.topicPartitions.flatMap(({ topicName, partitions }) =>
        partitions.map((partition) => ({ topic: topicName, partition })),
      ),
    })),
  };
}
