// Decides the InitProducerId messages (API key 22) on the wire.
import { bool, int16, int32, int64, string } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const initProducerIdRequest = message({
  name: 'InitProducerIdRequest',
  type: 'request',
  apiKey: 22,
  versions: [0, 6],
  flexibleSince: 2,
  fields: {
    transactionalId: string({ nullableSince: 0 }),
    transactionTimeoutMs: int32(),
    producerId: int64({ since: 3, default: -1 }),
    producerEpoch: int16({ since: 3, default: -1 }),
    enable2Pc: bool({ since: 6, default: false }),
    keepPreparedTxn: bool({ since: 6, default: false }),
  },
});
export type InitProducerIdRequest = MessageOf<typeof initProducerIdRequest>;
export type InitProducerIdRequestInput = MessageInputOf<typeof initProducerIdRequest>;

export const initProducerIdResponse = message({
  name: 'InitProducerIdResponse',
  type: 'response',
  apiKey: 22,
  versions: [0, 6],
  flexibleSince: 2,
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
    ongoingTxnProducerId: int64({ since: 6, default: -1 }),
    ongoingTxnProducerEpoch: int16({ since: 6, default: -1 }),
  },
});
export type InitProducerIdResponse = MessageOf<typeof initProducerIdResponse>;
export type InitProducerIdResponseInput = MessageInputOf<typeof initProducerIdResponse>;
