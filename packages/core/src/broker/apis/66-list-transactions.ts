// ListTransactions, key 66, versions 0 to 2 (KIP-664).
//
// The transactional ids that this node coordinates, filtered by state, producer id, duration (version 1, KIP-994) and a pattern that must
// match the whole id (version 2, KIP-1152). States that do not exist are named in the answer and match nothing. While a partition of
// __transaction_state loads the answer is COORDINATOR_LOAD_IN_PROGRESS; a pattern that is none is INVALID_REGULAR_EXPRESSION.
import { apis } from '../../protocol/api-keys.js';
import type { TransactionCoordinator } from '../../runtime/transaction-coordinator.js';
import { served, type ServedApi } from '../request.js';

export function listTransactions(transactions: TransactionCoordinator): ServedApi {
  return served(apis.listTransactions, (request) => transactions.list(request));
}
