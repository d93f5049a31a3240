// InitProducerId, key 22, versions 0 to 5.
//
// Without a transactional id: a new producer id with epoch 0, from blocks whose reservation is on the disk before an id of them is given
// (T3); a producer id that the client already has is ignored, as Kafka does, but it must come with its epoch (INVALID_REQUEST otherwise).
// With an empty transactional id INVALID_REQUEST; with any other NOT_COORDINATOR: this broker coordinates no transactions, and
// FindCoordinator names nobody for them.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type {
  InitProducerIdRequest,
  InitProducerIdResponseInput,
} from '../../protocol/messages/22-init-producer-id.js';
import type { ProducerIds } from '../producer-ids.js';
import { served, type ServedApi } from '../request.js';

function problem(request: InitProducerIdRequest): number {
  if (request.transactionalId === '') return ErrorCode.INVALID_REQUEST;
  if (request.transactionalId !== null) return ErrorCode.NOT_COORDINATOR;
  const half = (request.producerId === -1) !== (request.producerEpoch === -1);
  return half ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE;
}

export function initProducerId(producerIds: ProducerIds): ServedApi {
  return served(apis.initProducerId, async (request): Promise<InitProducerIdResponseInput> => {
    const errorCode = problem(request);
    if (errorCode !== ErrorCode.NONE)
      return { throttleTimeMs: 0, errorCode, producerId: -1, producerEpoch: -1 };
    return { throttleTimeMs: 0, errorCode, producerId: await producerIds.next(), producerEpoch: 0 };
  });
}
