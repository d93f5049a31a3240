// DescribeTransactions, key 65, version 0 (KIP-664).
//
// The state, producer, timeout, start and partitions of transactional ids that this node coordinates. An unknown id is
// TRANSACTIONAL_ID_NOT_FOUND, an empty one INVALID_REQUEST.
import { apis } from '../../protocol/api-keys.js';
import type { TransactionCoordinator } from '../../runtime/transaction-coordinator.js';
import { served, type ServedApi } from '../request.js';

export function describeTransactions(transactions: TransactionCoordinator): ServedApi {
  return served(apis.describeTransactions, ({ transactionalIds }) => transactions.describe(transactionalIds));
}
