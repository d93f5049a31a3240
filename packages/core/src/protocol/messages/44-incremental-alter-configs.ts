// Decides the IncrementalAlterConfigs messages (API key 44) on the wire.
import { array, bool, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const alterableConfig = struct('AlterableConfig', {
  name: string(),
  configOperation: int8(),
  value: string({ nullableSince: 0 }),
});

const alterConfigsResource = struct('AlterConfigsResource', {
  resourceType: int8(),
  resourceName: string(),
  configs: array(alterableConfig),
});

export const incrementalAlterConfigsRequest = message({
  name: 'IncrementalAlterConfigsRequest',
  type: 'request',
  apiKey: 44,
  versions: [0, 1],
  flexibleSince: 1,
  fields: {
    resources: array(alterConfigsResource),
    validateOnly: bool(),
  },
});
export type IncrementalAlterConfigsRequest = MessageOf<typeof incrementalAlterConfigsRequest>;
export type IncrementalAlterConfigsRequestInput = MessageInputOf<typeof incrementalAlterConfigsRequest>;

const alterConfigsResourceResponse = struct('AlterConfigsResourceResponse', {
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0 }),
  resourceType: int8(),
  resourceName: string(),
});

export const incrementalAlterConfigsResponse = message({
  name: 'IncrementalAlterConfigsResponse',
  type: 'response',
  apiKey: 44,
  versions: [0, 1],
  flexibleSince: 1,
  fields: {
    throttleTimeMs: int32(),
    responses: array(alterConfigsResourceResponse),
  },
});
export type IncrementalAlterConfigsResponse = MessageOf<typeof incrementalAlterConfigsResponse>;
export type IncrementalAlterConfigsResponseInput = MessageInputOf<typeof incrementalAlterConfigsResponse>;
