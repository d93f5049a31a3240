// ConsumerGroupHeartbeat, key 68, versions 0 and 1 (KIP-848).
//
// Members join with epoch 0, stay, and leave with -1, or -2 for static members that will be back (C18 to C23). From version 1 members make
// their ids themselves (KIP-1082) and may subscribe by a regular expression in RE2's syntax (C26). Classic groups of consumers are taken
// over online (C25).
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import { apis } from '../../protocol/api-keys.js';
import { groupContext } from '../group-context.js';
import { served, type ServedApi } from '../request.js';

export function consumerGroupHeartbeat(groups: GroupCoordinator): ServedApi {
  return served(apis.consumerGroupHeartbeat, (request, context) =>
    groups.consumerGroupHeartbeat(request, groupContext(context)),
  );
}
