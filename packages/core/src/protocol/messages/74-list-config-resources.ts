// Decides the ListConfigResources messages (API key 74) on the wire.
import { array, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const listConfigResourcesRequest = message({
  name: 'ListConfigResourcesRequest',
  type: 'request',
  apiKey: 74,
  versions: [0, 1],
  flexibleSince: 0,
  fields: {
    resourceTypes: array(int8(), { since: 1 }),
  },
});
export type ListConfigResourcesRequest = MessageOf<typeof listConfigResourcesRequest>;
export type ListConfigResourcesRequestInput = MessageInputOf<typeof listConfigResourcesRequest>;

const configResource = struct('ConfigResource', {
  resourceName: string(),
  resourceType: int8({ since: 1, default: 16, ignorable: true }),
});

export const listConfigResourcesResponse = message({
  name: 'ListConfigResourcesResponse',
  type: 'response',
  apiKey: 74,
  versions: [0, 1],
  flexibleSince: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: array(configResource),
  },
});
export type ListConfigResourcesResponse = MessageOf<typeof listConfigResourcesResponse>;
export type ListConfigResourcesResponseInput = MessageInputOf<typeof listConfigResourcesResponse>;
