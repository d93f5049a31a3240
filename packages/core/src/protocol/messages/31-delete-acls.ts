// Decides the DeleteAcls messages (API key 31) on the wire.
import { array, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const deleteAclsFilter = struct('DeleteAclsFilter', {
  resourceTypeFilter: int8(),
  resourceNameFilter: string({ nullableSince: 0 }),
  patternTypeFilter: int8({ default: 3 }),
  principalFilter: string({ nullableSince: 0 }),
  hostFilter: string({ nullableSince: 0 }),
  operation: int8(),
  permissionType: int8(),
});

export const deleteAclsRequest = message({
  name: 'DeleteAclsRequest',
  type: 'request',
  apiKey: 31,
  versions: [1, 3],
  flexibleSince: 2,
  fields: {
    filters: array(deleteAclsFilter),
  },
});
export type DeleteAclsRequest = MessageOf<typeof deleteAclsRequest>;
export type DeleteAclsRequestInput = MessageInputOf<typeof deleteAclsRequest>;

const deleteAclsMatchingAcl = struct('DeleteAclsMatchingAcl', {
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0 }),
  resourceType: int8(),
  resourceName: string(),
  patternType: int8({ default: 3 }),
  principal: string(),
  host: string(),
  operation: int8(),
  permissionType: int8(),
});

const deleteAclsFilterResult = struct('DeleteAclsFilterResult', {
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0 }),
  matchingAcls: array(deleteAclsMatchingAcl),
});

export const deleteAclsResponse = message({
  name: 'DeleteAclsResponse',
  type: 'response',
  apiKey: 31,
  versions: [1, 3],
  flexibleSince: 2,
  fields: {
    throttleTimeMs: int32(),
    filterResults: array(deleteAclsFilterResult),
  },
});
export type DeleteAclsResponse = MessageOf<typeof deleteAclsResponse>;
export type DeleteAclsResponseInput = MessageInputOf<typeof deleteAclsResponse>;
