// Decides which producer ids a broker may give out: a block at a time, reserved before the first of them is used (T3).
import type { ControllerOutcome } from './controller-outcome.js';
import type { ControllerState } from './controller-state.js';

/** Ids that one record reserves, as in Kafka. */
const blockSize = 1000;
/** Brokers have no epochs as long as there is one. */
const noBrokerEpoch = -1;

export interface ProducerIdBlock {
  readonly firstId: number;
  readonly size: number;
}

export function allocateProducerIds({ image, node }: ControllerState): ControllerOutcome<ProducerIdBlock> {
  const firstId = image.nextProducerId;
  const body = { brokerId: node.nodeId, brokerEpoch: noBrokerEpoch, nextProducerId: firstId + blockSize };
  return { records: [{ kind: 'producerIds', body }], reply: { firstId, size: blockSize } };
}
