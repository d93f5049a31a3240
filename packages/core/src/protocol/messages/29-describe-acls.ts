// Decides the DescribeAcls messages (API key 29) on the wire.
import { array, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const describeAclsRequest = message({
  name: 'DescribeAclsRequest',
  type: 'request',
  apiKey: 29,
  versions: [1, 3],
  flexibleSince: 2,
  fields: {
    resourceTypeFilter: int8(),
    resourceNameFilter: string({ nullableSince: 0 }),
    patternTypeFilter: int8({ default: 3 }),
    principalFilter: string({ nullableSince: 0 }),
    hostFilter: string({ nullableSince: 0 }),
    operation: int8(),
    permissionType: int8(),
  },
});
export type DescribeAclsRequest = MessageOf<typeof describeAclsRequest>;
export type DescribeAclsRequestInput = MessageInputOf<typeof describeAclsRequest>;

const aclDescription = struct('AclDescription', {
  principal: string(),
  host: string(),
  operation: int8(),
  permissionType: int8(),
});

const describeAclsResource = struct('DescribeAclsResource', {
  resourceType: int8(),
  resourceName: string(),
  patternType: int8({ default: 3 }),
  acls: array(aclDescription),
});

export const describeAclsResponse = message({
  name: 'DescribeAclsResponse',
  type: 'response',
  apiKey: 29,
  versions: [1, 3],
  flexibleSince: 2,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullableSince: 0 }),
    resources: array(describeAclsResource),
  },
});
export type DescribeAclsResponse = MessageOf<typeof describeAclsResponse>;
export type DescribeAclsResponseInput = MessageInputOf<typeof describeAclsResponse>;
