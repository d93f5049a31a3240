// Decides the AlterClientQuotas messages (API key 49) on the wire.
import { array, bool, float64, int16, int32, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const entityData = struct('EntityData', {
  entityType: string(),
  entityName: string({ nullableSince: 0 }),
});

const opData = struct('OpData', {
  key: string(),
  value: float64(),
  remove: bool(),
});

const entryData = struct('EntryData', {
  entity: array(entityData),
  ops: array(opData),
});

export const alterClientQuotasRequest = message({
  name: 'AlterClientQuotasRequest',
  type: 'request',
  apiKey: 49,
  versions: [0, 1],
  flexibleSince: 1,
  fields: {
    entries: array(entryData),
    validateOnly: bool(),
  },
});
export type AlterClientQuotasRequest = MessageOf<typeof alterClientQuotasRequest>;
export type AlterClientQuotasRequestInput = MessageInputOf<typeof alterClientQuotasRequest>;

const responseEntityData = struct('EntityData', {
  entityType: string(),
  entityName: string({ nullableSince: 0 }),
});

const responseEntryData = struct('EntryData', {
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0 }),
  entity: array(responseEntityData),
});

export const alterClientQuotasResponse = message({
  name: 'AlterClientQuotasResponse',
  type: 'response',
  apiKey: 49,
  versions: [0, 1],
  flexibleSince: 1,
  fields: {
    throttleTimeMs: int32(),
    entries: array(responseEntryData),
  },
});
export type AlterClientQuotasResponse = MessageOf<typeof alterClientQuotasResponse>;
export type AlterClientQuotasResponseInput = MessageInputOf<typeof alterClientQuotasResponse>;
