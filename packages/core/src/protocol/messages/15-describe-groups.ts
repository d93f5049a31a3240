// Decides the DescribeGroups messages (API key 15) on the wire.
import { array, bool, bytes, int16, int32, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const describeGroupsRequest = message({
  name: 'DescribeGroupsRequest',
  type: 'request',
  apiKey: 15,
  versions: [0, 6],
  flexibleSince: 5,
  fields: {
    groups: array(string()),
    includeAuthorizedOperations: bool({ since: 3 }),
  },
});
export type DescribeGroupsRequest = MessageOf<typeof describeGroupsRequest>;
export type DescribeGroupsRequestInput = MessageInputOf<typeof describeGroupsRequest>;

const describedGroupMember = struct('DescribedGroupMember', {
  memberId: string(),
  groupInstanceId: string({ since: 4, nullableSince: 4, default: null, ignorable: true }),
  clientId: string(),
  clientHost: string(),
  memberMetadata: bytes(),
  memberAssignment: bytes(),
});

const describedGroup = struct('DescribedGroup', {
  errorCode: int16(),
  errorMessage: string({ since: 6, nullableSince: 6, default: null }),
  groupId: string(),
  groupState: string(),
  protocolType: string(),
  protocolData: string(),
  members: array(describedGroupMember),
  authorizedOperations: int32({ since: 3, default: -2147483648 }),
});

export const describeGroupsResponse = message({
  name: 'DescribeGroupsResponse',
  type: 'response',
  apiKey: 15,
  versions: [0, 6],
  flexibleSince: 5,
  fields: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    groups: array(describedGroup),
  },
});
export type DescribeGroupsResponse = MessageOf<typeof describeGroupsResponse>;
export type DescribeGroupsResponseInput = MessageInputOf<typeof describeGroupsResponse>;
