// ConsumerGroupHeartbeat, key 68, versions 0 and 1 (KIP-848).
//
// Members join with epoch 0, stay, and leave with -1, or -2 for static members that will be back (C18 to C23). From version 1 members make
// their ids themselves (KIP-1082) and may subscribe by a regular expression in RE2's syntax (C26). Classic groups of consumers are taken
// over online (C25). Without the feature group.version, or the protocol among group.coordinator.rebalance.protocols, UNSUPPORTED_VERSION.
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { ConsumerProtocolGate } from '../consumer-protocol-gate.js';
import { groupContext } from '../group-context.js';
import { served, type ServedApi } from '../request.js';

export function consumerGroupHeartbeat(groups: GroupCoordinator, gate: ConsumerProtocolGate): ServedApi {
  return served(apis.consumerGroupHeartbeat, (request, context) => {
    const errorCode = gate();
    if (errorCode === ErrorCode.NONE) return groups.consumerGroupHeartbeat(request, groupContext(context));
    return { throttleTimeMs: 0, errorCode, memberEpoch: 0, heartbeatIntervalMs: 0 };
  });
}
