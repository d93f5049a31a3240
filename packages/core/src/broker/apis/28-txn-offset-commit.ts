// TxnOffsetCommit, key 28, versions 0 to 5.
//
// Offsets of a group that become valid with the producer's transaction (C15). From version 3 on it may name the member it commits for, which
// must be one of the present generation (KIP-447). The group's partition must be in the transaction: TRANSACTION_ABORTABLE otherwise,
// INVALID_TXN_STATE before version 4; version 5 puts it there itself (KIP-890, P12, P13). Trouble at the transaction coordinator is COORDINATOR_NOT_AVAILABLE or its like, which
// every version repeats.
import { consumerOffsetsTopic } from '../../machines/controller/topic-name.js';
import { epochBumpSince } from '../../machines/transaction/transaction-record.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import type { TransactionCoordinator } from '../../runtime/transaction-coordinator.js';
import { groupContext } from '../group-context.js';
import { served, type ServedApi } from '../request.js';
import type { TopicRegistry } from '../topic-registry.js';

const firstAbortableVersion = 4;
const firstImplicitVersion = 5;

function commitErrorCode(errorCode: number, apiVersion: number): number {
  switch (errorCode) {
    case ErrorCode.PRODUCER_FENCED:
      return ErrorCode.INVALID_PRODUCER_EPOCH;
    case ErrorCode.TRANSACTION_ABORTABLE:
      return apiVersion >= firstAbortableVersion ? errorCode : ErrorCode.INVALID_TXN_STATE;
    case ErrorCode.CONCURRENT_TRANSACTIONS:
      return apiVersion >= firstImplicitVersion ? errorCode : ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
    case ErrorCode.NOT_COORDINATOR:
      // The group's coordinator is here; it is the transaction's that cannot be asked.
      return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    default:
      return errorCode;
  }
}

export function txnOffsetCommit(
  groups: GroupCoordinator,
  transactions: TransactionCoordinator,
  topics: TopicRegistry,
): ServedApi {
  return served(apis.txnOffsetCommit, (request, context) =>
    groups.txnOffsetCommit(request, groupContext(context), (partition, done) => {
      const isImplicit = context.apiVersion >= firstImplicitVersion;
      if (!isImplicit && !topics.config.values.transactionPartitionVerificationEnable)
        return done(ErrorCode.NONE);
      const { transactionalId, producerId, producerEpoch } = request;
      transactions.admit(
        {
          transactionalId,
          producerId,
          producerEpoch,
          partitions: [{ topic: consumerOffsetsTopic, partition }],
          clientTransactionVersion: isImplicit ? epochBumpSince : 0,
        },
        isImplicit ? 'add' : 'verify',
        ([errorCode = ErrorCode.UNKNOWN_SERVER_ERROR]) =>
          done(commitErrorCode(errorCode, context.apiVersion)),
      );
    }),
  );
}
