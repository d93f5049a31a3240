// Decides the EndTxn messages (API key 26) on the wire.
import { bool, int16, int32, int64, string } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const endTxnRequest = message({
  name: 'EndTxnRequest',
  type: 'request',
  apiKey: 26,
  versions: [0, 5],
  flexibleSince: 3,
  fields: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: bool(),
  },
});
export type EndTxnRequest = MessageOf<typeof endTxnRequest>;
export type EndTxnRequestInput = MessageInputOf<typeof endTxnRequest>;

export const endTxnResponse = message({
  name: 'EndTxnResponse',
  type: 'response',
  apiKey: 26,
  versions: [0, 5],
  flexibleSince: 3,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ since: 5, default: -1, ignorable: true }),
    producerEpoch: int16({ since: 5, default: -1, ignorable: true }),
  },
});
export type EndTxnResponse = MessageOf<typeof endTxnResponse>;
export type EndTxnResponseInput = MessageInputOf<typeof endTxnResponse>;
