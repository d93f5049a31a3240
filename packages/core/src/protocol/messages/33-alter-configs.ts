// Decides the AlterConfigs messages (API key 33) on the wire.
import { array, bool, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const alterableConfig = struct('AlterableConfig', {
  name: string(),
  value: string({ nullableSince: 0 }),
});

const alterConfigsResource = struct('AlterConfigsResource', {
  resourceType: int8(),
  resourceName: string(),
  configs: array(alterableConfig),
});

export const alterConfigsRequest = message({
  name: 'AlterConfigsRequest',
  type: 'request',
  apiKey: 33,
  versions: [0, 2],
  flexibleSince: 2,
  fields: {
    resources: array(alterConfigsResource),
    validateOnly: bool(),
  },
});
export type AlterConfigsRequest = MessageOf<typeof alterConfigsRequest>;
export type AlterConfigsRequestInput = MessageInputOf<typeof alterConfigsRequest>;

const alterConfigsResourceResponse = struct('AlterConfigsResourceResponse', {
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0 }),
  resourceType: int8(),
  resourceName: string(),
});

export const alterConfigsResponse = message({
  name: 'AlterConfigsResponse',
  type: 'response',
  apiKey: 33,
  versions: [0, 2],
  flexibleSince: 2,
  fields: {
    throttleTimeMs: int32(),
    responses: array(alterConfigsResourceResponse),
  },
});
export type AlterConfigsResponse = MessageOf<typeof alterConfigsResponse>;
export type AlterConfigsResponseInput = MessageInputOf<typeof alterConfigsResponse>;
