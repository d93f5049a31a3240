// EndTxn, key 26, versions 0 to 5.
//
// Commits or aborts the producer's transaction: the answer comes when the decision is committed, the markers follow (T6). From version 5 on
// the producer follows transaction.version 2: it is given the id and epoch of its next transaction (T10, KIP-890). A stale epoch is
// PRODUCER_FENCED, and INVALID_PRODUCER_EPOCH in versions 0 and 1.
import { epochBumpSince } from '../../machines/transaction/transaction-record.js';
import { apis } from '../../protocol/api-keys.js';
import type { TransactionCoordinator } from '../../runtime/transaction-coordinator.js';
import { served, type ServedApi } from '../request.js';
import { fencedErrorCode } from '../transaction-errors.js';

const firstFencedVersion = 2;
const firstEpochBumpVersion = 5;

export function endTxn(transactions: TransactionCoordinator): ServedApi {
  return served(apis.endTxn, async (request, { apiVersion }) => {
    const { transactionalId, producerId, producerEpoch, committed } = request;
    const answer = await transactions.endTransaction({
      transactionalId,
      producerId,
      producerEpoch,
      result: committed ? 'commit' : 'abort',
      clientTransactionVersion: apiVersion >= firstEpochBumpVersion ? epochBumpSince : 0,
    });
    const errorCode = fencedErrorCode(answer.errorCode, apiVersion, firstFencedVersion);
    return { throttleTimeMs: 0, ...answer, errorCode };
  });
}
