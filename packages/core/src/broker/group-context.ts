// Decides who a group request comes from, as the coordinator keeps it.
import type { GroupRequestContext } from '../runtime/group-coordinator.js';
import type { RequestContext } from './request.js';

export function groupContext({ apiVersion, clientId, peer }: RequestContext): GroupRequestContext {
  return { apiVersion, clientId: clientId ?? '', clientHost: peer.clientHost };
}
