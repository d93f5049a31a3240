// Decides what clients are told of the cluster: its id, this node, and the address by which it is reached.
import type { Address } from '../ports/network.js';
import type { Peer } from './request.js';

/** Listening on all interfaces names none of them. */
const wildcardHosts: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

/** What is to be returned when authorized operations are asked for and there is no authorizer: all of them, as bits of AclOperation codes. */
export const allTopicOperations = 3576;
export const allClusterOperations = 8096;
/** Authorized operations were not asked for. */
export const unknownOperations = -2147483648;

export class ClusterView {
  constructor(
    readonly clusterId: string,
    readonly nodeId: number,
    private readonly advertised: Address,
  ) {}

  /** Where this client reaches this node: the advertised address, or on a wildcard listener the one it came by. */
  endpointFor(peer: Peer): Address {
    return wildcardHosts.has(this.advertised.host) ? peer.localAddress : this.advertised;
  }

  brokersFor(peer: Peer): { nodeId: number; host: string; port: number }[] {
    const { host, port } = this.endpointFor(peer);
    return [{ nodeId: this.nodeId, host, port }];
  }
}
