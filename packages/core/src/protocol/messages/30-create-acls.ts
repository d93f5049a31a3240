// Decides the CreateAcls messages (API key 30) on the wire.
import { array, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const aclCreation = struct('AclCreation', {
  resourceType: int8(),
  resourceName: string(),
  resourcePatternType: int8({ default: 3 }),
  principal: string(),
  host: string(),
  operation: int8(),
  permissionType: int8(),
});

export const createAclsRequest = message({
  name: 'CreateAclsRequest',
  type: 'request',
  apiKey: 30,
  versions: [1, 3],
  flexibleSince: 2,
  fields: {
    creations: array(aclCreation),
  },
});
export type CreateAclsRequest = MessageOf<typeof createAclsRequest>;
export type CreateAclsRequestInput = MessageInputOf<typeof createAclsRequest>;

const aclCreationResult = struct('AclCreationResult', {
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0 }),
});

export const createAclsResponse = message({
  name: 'CreateAclsResponse',
  type: 'response',
  apiKey: 30,
  versions: [1, 3],
  flexibleSince: 2,
  fields: {
    throttleTimeMs: int32(),
    results: array(aclCreationResult),
  },
});
export type CreateAclsResponse = MessageOf<typeof createAclsResponse>;
export type CreateAclsResponseInput = MessageInputOf<typeof createAclsResponse>;
