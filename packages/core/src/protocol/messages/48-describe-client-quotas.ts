// Decides the DescribeClientQuotas messages (API key 48) on the wire.
import { array, bool, float64, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const componentData = struct('ComponentData', {
  entityType: string(),
  matchType: int8(),
  match: string({ nullableSince: 0 }),
});

export const describeClientQuotasRequest = message({
  name: 'DescribeClientQuotasRequest',
  type: 'request',
  apiKey: 48,
  versions: [0, 1],
  flexibleSince: 1,
  fields: {
    components: array(componentData),
    strict: bool(),
  },
});
export type DescribeClientQuotasRequest = MessageOf<typeof describeClientQuotasRequest>;
export type DescribeClientQuotasRequestInput = MessageInputOf<typeof describeClientQuotasRequest>;

const entityData = struct('EntityData', {
  entityType: string(),
  entityName: string({ nullableSince: 0 }),
});

const valueData = struct('ValueData', {
  key: string(),
  value: float64(),
});

const entryData = struct('EntryData', {
  entity: array(entityData),
  values: array(valueData),
});

export const describeClientQuotasResponse = message({
  name: 'DescribeClientQuotasResponse',
  type: 'response',
  apiKey: 48,
  versions: [0, 1],
  flexibleSince: 1,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullableSince: 0 }),
    entries: array(entryData, { nullableSince: 0 }),
  },
});
export type DescribeClientQuotasResponse = MessageOf<typeof describeClientQuotasResponse>;
export type DescribeClientQuotasResponseInput = MessageInputOf<typeof describeClientQuotasResponse>;
