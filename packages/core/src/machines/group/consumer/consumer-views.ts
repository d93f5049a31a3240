// Decides how consumer groups look to those who describe and list them (C27).
import { ErrorCode } from '../../../protocol/errors.js';
import type { ConsumerGroupDescribeResponseInput } from '../../../protocol/messages/69-consumer-group-describe.js';
import type { ServerAssignors } from '../assignors/server-assignors.js';
import type { GroupTopics } from '../group-topics.js';
import { topicPartitionsOf, type Assignment } from './assignment.js';
import type { ConsumerGroup } from './consumer-group.js';

export type DescribedConsumerGroup = ConsumerGroupDescribeResponseInput['groups'][number];
type DescribedAssignment = DescribedConsumerGroup['members'][number]['assignment'];

const memberTypes = { classic: 0, consumer: 1 } as const;

export function describeConsumerGroup(
  group: ConsumerGroup,
  assignors: ServerAssignors,
  topics: GroupTopics,
): DescribedConsumerGroup {
  return {
    errorCode: ErrorCode.NONE,
    groupId: group.groupId,
    groupState: group.state,
    groupEpoch: group.epoch,
    assignmentEpoch: group.targetEpoch,
    assignorName: assignors.preferred(group.members.values()).name,
    members: Array.from(group.members.values(), ({ memberId, metadata, current }) => ({
      memberId,
      instanceId: metadata.instanceId,
      rackId: metadata.rackId,
      memberEpoch: current.memberEpoch,
      clientId: metadata.clientId,
      clientHost: metadata.clientHost,
      subscribedTopicNames: metadata.subscribedTopicNames,
      subscribedTopicRegex: metadata.subscribedTopicRegex,
      assignment: described(current.assigned, topics),
      targetAssignment: described(group.target(memberId), topics),
      memberType: metadata.classic === null ? memberTypes.consumer : memberTypes.classic,
    })),
  };
}

export function undescribedConsumerGroup(
  groupId: string,
  { errorCode, message }: { readonly errorCode: number; readonly message: string | null },
): DescribedConsumerGroup {
  return {
    errorCode,
    errorMessage: message,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  };
}

/** Topics that are gone have no name and are left out. */
function described(assignment: Assignment, topics: GroupTopics): DescribedAssignment {
  return {
    topicPartitions: topicPartitionsOf(assignment).flatMap(({ topicId, partitions }) => {
      const topicName = topics.topicById(topicId)?.name;
      return topicName === undefined ? [] : [{ topicId, topicName, partitions }];
    }),
  };
}
