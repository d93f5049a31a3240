// Decides the ListGroups messages (API key 16) on the wire.
import { array, int16, int32, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const listGroupsRequest = message({
  name: 'ListGroupsRequest',
  type: 'request',
  apiKey: 16,
  versions: [0, 5],
  flexibleSince: 3,
  fields: {
    statesFilter: array(string(), { since: 4 }),
    typesFilter: array(string(), { since: 5 }),
  },
});
export type ListGroupsRequest = MessageOf<typeof listGroupsRequest>;
export type ListGroupsRequestInput = MessageInputOf<typeof listGroupsRequest>;

const listedGroup = struct('ListedGroup', {
  groupId: string(),
  protocolType: string(),
  groupState: string({ since: 4, ignorable: true }),
  groupType: string({ since: 5, ignorable: true }),
});

export const listGroupsResponse = message({
  name: 'ListGroupsResponse',
  type: 'response',
  apiKey: 16,
  versions: [0, 5],
  flexibleSince: 3,
  fields: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16(),
    groups: array(listedGroup),
  },
});
export type ListGroupsResponse = MessageOf<typeof listGroupsResponse>;
export type ListGroupsResponseInput = MessageInputOf<typeof listGroupsResponse>;
