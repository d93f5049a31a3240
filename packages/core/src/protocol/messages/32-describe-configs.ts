// Decides the DescribeConfigs messages (API key 32) on the wire.
import { array, bool, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const describeConfigsResource = struct('DescribeConfigsResource', {
  resourceType: int8(),
  resourceName: string(),
  configurationKeys: array(string(), { nullableSince: 0 }),
});

export const describeConfigsRequest = message({
  name: 'DescribeConfigsRequest',
  type: 'request',
  apiKey: 32,
  versions: [1, 4],
  flexibleSince: 4,
  fields: {
    resources: array(describeConfigsResource),
    includeSynonyms: bool({ default: false }),
    includeDocumentation: bool({ since: 3, default: false }),
  },
});
export type DescribeConfigsRequest = MessageOf<typeof describeConfigsRequest>;
export type DescribeConfigsRequestInput = MessageInputOf<typeof describeConfigsRequest>;

const describeConfigsSynonym = struct('DescribeConfigsSynonym', {
  name: string(),
  value: string({ nullableSince: 0 }),
  source: int8(),
});

const describeConfigsResourceResult = struct('DescribeConfigsResourceResult', {
  name: string(),
  value: string({ nullableSince: 0 }),
  readOnly: bool(),
  configSource: int8({ default: -1, ignorable: true }),
  isSensitive: bool(),
  synonyms: array(describeConfigsSynonym, { ignorable: true }),
  configType: int8({ since: 3, default: 0, ignorable: true }),
  documentation: string({ since: 3, nullableSince: 0, ignorable: true }),
});

const describeConfigsResult = struct('DescribeConfigsResult', {
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0 }),
  resourceType: int8(),
  resourceName: string(),
  configs: array(describeConfigsResourceResult),
});

export const describeConfigsResponse = message({
  name: 'DescribeConfigsResponse',
  type: 'response',
  apiKey: 32,
  versions: [1, 4],
  flexibleSince: 4,
  fields: {
    throttleTimeMs: int32(),
    results: array(describeConfigsResult),
  },
});
export type DescribeConfigsResponse = MessageOf<typeof describeConfigsResponse>;
export type DescribeConfigsResponseInput = MessageInputOf<typeof describeConfigsResponse>;
