// Decides the DeleteGroups messages (API key 42) on the wire.
import { array, int16, int32, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const deleteGroupsRequest = message({
  name: 'DeleteGroupsRequest',
  type: 'request',
  apiKey: 42,
  versions: [0, 3],
  flexibleSince: 2,
  fields: {
    groupsNames: array(string()),
  },
});
export type DeleteGroupsRequest = MessageOf<typeof deleteGroupsRequest>;
export type DeleteGroupsRequestInput = MessageInputOf<typeof deleteGroupsRequest>;

const deletableGroupResult = struct('DeletableGroupResult', {
  groupId: string(),
  errorCode: int16(),
  errorMessage: string({ since: 3, nullableSince: 3, default: null, ignorable: true }),
});

export const deleteGroupsResponse = message({
  name: 'DeleteGroupsResponse',
  type: 'response',
  apiKey: 42,
  versions: [0, 3],
  flexibleSince: 2,
  fields: {
    throttleTimeMs: int32(),
    results: array(deletableGroupResult),
  },
});
export type DeleteGroupsResponse = MessageOf<typeof deleteGroupsResponse>;
export type DeleteGroupsResponseInput = MessageInputOf<typeof deleteGroupsResponse>;
