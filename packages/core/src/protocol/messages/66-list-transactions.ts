// Decides the ListTransactions messages (API key 66) on the wire.
import { array, int16, int32, int64, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const listTransactionsRequest = message({
  name: 'ListTransactionsRequest',
  type: 'request',
  apiKey: 66,
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    stateFilters: array(string()),
    producerIdFilters: array(int64()),
    durationFilter: int64({ since: 1, default: -1 }),
    transactionalIdPattern: string({ since: 2, nullableSince: 2, default: null }),
  },
});
export type ListTransactionsRequest = MessageOf<typeof listTransactionsRequest>;
export type ListTransactionsRequestInput = MessageInputOf<typeof listTransactionsRequest>;

const transactionState = struct('TransactionState', {
  transactionalId: string(),
  producerId: int64(),
  transactionState: string(),
});

export const listTransactionsResponse = message({
  name: 'ListTransactionsResponse',
  type: 'response',
  apiKey: 66,
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    unknownStateFilters: array(string()),
    transactionStates: array(transactionState),
  },
});
export type ListTransactionsResponse = MessageOf<typeof listTransactionsResponse>;
export type ListTransactionsResponseInput = MessageInputOf<typeof listTransactionsResponse>;
