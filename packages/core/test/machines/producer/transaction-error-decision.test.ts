import {
  decideTransactionError,
  isFatalForTransactions,
  type TransactionErrorDecision,
} from '../../../src/machines/producer/transaction-error-decision.js';
import type { TransactionRequestKind } from '../../../src/machines/producer/transaction-request.js';
import { ErrorCode, type ErrorName } from '../../../src/protocol/errors.js';

const kinds = [
  'find-coordinator',
  'init-producer-id',
  'add-partitions',
  'add-offsets',
  'commit-offsets',
  'end',
] as const satisfies readonly TransactionRequestKind[];

type Decisions = Readonly<Record<TransactionRequestKind, TransactionErrorDecision>>;

const always = (decision: TransactionErrorDecision): Decisions => ({
  'find-coordinator': decision,
  'init-producer-id': decision,
  'add-partitions': decision,
  'add-offsets': decision,
  'commit-offsets': decision,
  end: decision,
});

const moved: Decisions = { ...always('find-coordinator'), 'find-coordinator': 'retry' };
const unknownProducer: Decisions = {
  ...always('new-epoch'),
  'find-coordinator': 'fatal',
  'init-producer-id': 'fatal',
};
/** What is wrong with a group, its member or what it commits costs the transaction only. */
const ofTheGroup: Decisions = { ...always('abortable'), 'init-producer-id': 'fatal', end: 'fatal' };

const table: readonly [ErrorName, Decisions][] = [
  ['COORDINATOR_NOT_AVAILABLE', moved],
  ['NOT_COORDINATOR', moved],
  ['REQUEST_TIMED_OUT', { ...always('retry'), 'commit-offsets': 'find-coordinator' }],
  ['COORDINATOR_LOAD_IN_PROGRESS', always('retry')],
  ['CONCURRENT_TRANSACTIONS', always('retry')],
  ['UNKNOWN_TOPIC_OR_PARTITION', always('retry')],
  ['NOT_LEADER_OR_FOLLOWER', always('retry')],
  ['PRODUCER_FENCED', always('fatal')],
  ['INVALID_PRODUCER_EPOCH', always('fatal')],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', always('fatal')],
  ['INVALID_TXN_STATE', always('fatal')],
  ['TRANSACTION_ABORTABLE', { ...always('abortable'), 'init-producer-id': 'fatal' }],
  ['INVALID_PRODUCER_ID_MAPPING', unknownProducer],
  ['UNKNOWN_PRODUCER_ID', unknownProducer],
  ['INVALID_TRANSACTION_TIMEOUT', { ...always('fatal'), 'add-partitions': 'abortable' }],
  ['CLUSTER_AUTHORIZATION_FAILED', { ...always('fatal'), 'add-partitions': 'abortable' }],
  ['UNKNOWN_SERVER_ERROR', { ...always('fatal'), 'add-partitions': 'abortable' }],
  ['GROUP_AUTHORIZATION_FAILED', ofTheGroup],
  ['TOPIC_AUTHORIZATION_FAILED', ofTheGroup],
  ['UNKNOWN_MEMBER_ID', ofTheGroup],
  ['ILLEGAL_GENERATION', ofTheGroup],
  ['FENCED_INSTANCE_ID', ofTheGroup],
  ['STALE_MEMBER_EPOCH', ofTheGroup],
  ['FENCED_MEMBER_EPOCH', ofTheGroup],
  ['OFFSET_METADATA_TOO_LARGE', ofTheGroup],
];

describe('what a coordinator’s error means (PC9)', () => {
  test.each(table)('%s', (name, decisions) => {
    const found = kinds.map((kind) => [kind, decideTransactionError(kind, ErrorCode[name])]);
    expect(Object.fromEntries(found)).toEqual(decisions);
  });

  test.each(['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'] as const)('%s is never tried again', (name) => {
    for (const kind of kinds) expect(decideTransactionError(kind, ErrorCode[name])).toBe('fatal');
  });
});

describe('what a refusal of Produce means for the transaction (PC9)', () => {
  test.each([
    ['PRODUCER_FENCED', true],
    ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', true],
    ['CLUSTER_AUTHORIZATION_FAILED', true],
    ['UNSUPPORTED_VERSION', true],
    // The partition may know of an epoch that this producer gets to know only from its coordinator.
    ['INVALID_PRODUCER_EPOCH', false],
    ['TRANSACTION_ABORTABLE', false],
    ['INVALID_TXN_STATE', false],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', false],
    ['MESSAGE_TOO_LARGE', false],
    ['TOPIC_AUTHORIZATION_FAILED', false],
  ] as const)('%s: fatal %s', (name, isFatal) => {
    expect(isFatalForTransactions(ErrorCode[name])).toBe(isFatal);
  });
});
