// ElectLeaders, key 43, versions 0 to 2.
//
// Every partition has one replica, which leads it: each that is named is ELECTION_NOT_NEEDED, an unknown one UNKNOWN_TOPIC_OR_PARTITION,
// and asking for all names none, as in Kafka when none needs an election. An unknown election type is INVALID_REQUEST (KIP-460).
import { apis } from '../../protocol/api-keys.js';
import type { Controller } from '../controller.js';
import { served, type ServedApi } from '../request.js';

export function electLeaders({ machine }: Controller): ServedApi {
  return served(apis.electLeaders, (request) => {
    const { errorCode, results } = machine.handleElectLeaders(request);
    return { throttleTimeMs: 0, errorCode, replicaElectionResults: [...results] };
  });
}
