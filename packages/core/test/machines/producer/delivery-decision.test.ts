import { decideDelivery } from '../../../src/machines/producer/delivery-decision.js';
import { ErrorCode, type ErrorName } from '../../../src/protocol/errors.js';

const many = { recordCount: 10, retries: 0, isIdempotent: true };

describe('what becomes of a batch (PC8)', () => {
  test.each([
    ['NONE', many, 'delivered'],
    ['DUPLICATE_SEQUENCE_NUMBER', many, 'delivered'],
    ['MESSAGE_TOO_LARGE', many, 'split'],
    ['MESSAGE_TOO_LARGE', { ...many, recordCount: 1 }, 'failed'],
    ['NOT_LEADER_OR_FOLLOWER', many, 'retry'],
    ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', many, 'retry'],
    ['NOT_LEADER_OR_FOLLOWER', { ...many, retries: 3 }, 'failed'],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', many, 'out-of-order'],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', { ...many, isIdempotent: false }, 'failed'],
    ['TOPIC_AUTHORIZATION_FAILED', many, 'failed'],
    ['INVALID_RECORD', many, 'failed'],
    ['INVALID_PRODUCER_EPOCH', many, 'failed'],
  ] as const)('%s with %j: %s', (name: ErrorName, batch, decision) => {
    expect(decideDelivery(batch, ErrorCode[name], 3)).toBe(decision);
  });
});
