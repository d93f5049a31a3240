// Decides the AddOffsetsToTxn messages (API key 25) on the wire.
import { int16, int32, int64, string } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const addOffsetsToTxnRequest = message({
  name: 'AddOffsetsToTxnRequest',
  type: 'request',
  apiKey: 25,
  versions: [0, 4],
  flexibleSince: 3,
  fields: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },
});
export type AddOffsetsToTxnRequest = MessageOf<typeof addOffsetsToTxnRequest>;
export type AddOffsetsToTxnRequestInput = MessageInputOf<typeof addOffsetsToTxnRequest>;

export const addOffsetsToTxnResponse = message({
  name: 'AddOffsetsToTxnResponse',
  type: 'response',
  apiKey: 25,
  versions: [0, 4],
  flexibleSince: 3,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
  },
});
export type AddOffsetsToTxnResponse = MessageOf<typeof addOffsetsToTxnResponse>;
export type AddOffsetsToTxnResponseInput = MessageInputOf<typeof addOffsetsToTxnResponse>;
