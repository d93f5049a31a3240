// Decides the ConsumerGroupDescribe messages (API key 69) on the wire.
import { array, bool, int16, int32, int8, string, struct, structField, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const consumerGroupDescribeRequest = message({
  name: 'ConsumerGroupDescribeRequest',
  type: 'request',
  apiKey: 69,
  versions: [0, 1],
  flexibleSince: 0,
  fields: {
    groupIds: array(string()),
    includeAuthorizedOperations: bool(),
  },
});
export type ConsumerGroupDescribeRequest = MessageOf<typeof consumerGroupDescribeRequest>;
export type ConsumerGroupDescribeRequestInput = MessageInputOf<typeof consumerGroupDescribeRequest>;

const topicPartitions = struct('TopicPartitions', {
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
});

const assignment = struct('Assignment', {
  topicPartitions: array(topicPartitions),
});

const member = struct('Member', {
  memberId: string(),
  instanceId: string({ nullableSince: 0, default: null }),
  rackId: string({ nullableSince: 0, default: null }),
  memberEpoch: int32(),
  clientId: string(),
  clientHost: string(),
  subscribedTopicNames: array(string()),
  subscribedTopicRegex: string({ nullableSince: 0, default: null }),
  assignment: structField(assignment),
  targetAssignment: structField(assignment),
  memberType: int8({ since: 1, default: -1, ignorable: true }),
});

const describedGroup = struct('DescribedGroup', {
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0, default: null }),
  groupId: string(),
  groupState: string(),
  groupEpoch: int32(),
  assignmentEpoch: int32(),
  assignorName: string(),
  members: array(member),
  authorizedOperations: int32({ default: -2147483648 }),
});

export const consumerGroupDescribeResponse = message({
  name: 'ConsumerGroupDescribeResponse',
  type: 'response',
  apiKey: 69,
  versions: [0, 1],
  flexibleSince: 0,
  fields: {
    throttleTimeMs: int32(),
    groups: array(describedGroup),
  },
});
export type ConsumerGroupDescribeResponse = MessageOf<typeof consumerGroupDescribeResponse>;
export type ConsumerGroupDescribeResponseInput = MessageInputOf<typeof consumerGroupDescribeResponse>;
