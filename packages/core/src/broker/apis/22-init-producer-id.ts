// InitProducerId, key 22, versions 0 to 5.
//
// Without a transactional id: a new producer id with epoch 0, from blocks whose reservation is on the disk before an id of them is given
// (T3); a producer id that the client already has is ignored, as Kafka does, but it must come with its epoch (INVALID_REQUEST otherwise).
// With one: the id's producer under a new epoch, which fences all earlier ones; a transaction that is open is aborted first, and the client
// asks again meanwhile (CONCURRENT_TRANSACTIONS, T4). From version 3 on a producer may say who it was, to go on after an error (KIP-360); when
// it is not the latest it is PRODUCER_FENCED, INVALID_PRODUCER_EPOCH before version 4. An empty transactional id is INVALID_REQUEST, a
// timeout of 0 or less or above transaction.max.timeout.ms INVALID_TRANSACTION_TIMEOUT.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { TransactionCoordinator } from '../../runtime/transaction-coordinator.js';
import type { ProducerIds } from '../producer-ids.js';
import { served, type ServedApi } from '../request.js';
import { fencedErrorCode } from '../transaction-errors.js';

const firstFencedVersion = 4;
const invalid = {
  throttleTimeMs: 0,
  errorCode: ErrorCode.INVALID_REQUEST,
  producerId: -1,
  producerEpoch: -1,
};

export function initProducerId(producerIds: ProducerIds, transactions: TransactionCoordinator): ServedApi {
  return served(apis.initProducerId, async (request, { apiVersion }) => {
    const { transactionalId, producerId, producerEpoch } = request;
    if ((producerId === -1) !== (producerEpoch === -1)) return invalid;
    if (transactionalId === null) {
      const id = await producerIds.next();
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, producerId: id, producerEpoch: 0 };
    }
    const answer = await transactions.initProducerId({
      transactionalId,
      timeoutMs: request.transactionTimeoutMs,
      expected: producerId === -1 ? null : { producerId, producerEpoch },
    });
    const errorCode = fencedErrorCode(answer.errorCode, apiVersion, firstFencedVersion);
    return { throttleTimeMs: 0, ...answer, errorCode };
  });
}
