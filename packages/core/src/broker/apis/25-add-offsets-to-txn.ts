// AddOffsetsToTxn, key 25, versions 0 to 4.
//
// Puts the partition of __consumer_offsets that holds the group into the producer's transaction, so that the offsets which TxnOffsetCommit
// brings there stand or fall with it (T5, C15). Producers of the second transaction protocol leave it out (KIP-890). A stale epoch is
// PRODUCER_FENCED, and INVALID_PRODUCER_EPOCH in versions 0 and 1.
import { consumerOffsetsTopic } from '../../machines/controller/topic-name.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import type { TransactionCoordinator } from '../../runtime/transaction-coordinator.js';
import { served, type ServedApi } from '../request.js';
import { fencedErrorCode } from '../transaction-errors.js';

const firstFencedVersion = 2;

export function addOffsetsToTxn(groups: GroupCoordinator, transactions: TransactionCoordinator): ServedApi {
  return served(apis.addOffsetsToTxn, async (request, { apiVersion }) => {
    const { transactionalId, producerId, producerEpoch, groupId } = request;
    const partition = groups.partitionFor(groupId);
    if (partition === null) return { throttleTimeMs: 0, errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE };
    const errorCode = await transactions.addPartitions({
      transactionalId,
      producerId,
      producerEpoch,
      partitions: [{ topic: consumerOffsetsTopic, partition }],
      clientTransactionVersion: 0,
    });
    return { throttleTimeMs: 0, errorCode: fencedErrorCode(errorCode, apiVersion, firstFencedVersion) };
  });
}
