// Decides how a leader that an answer names in place of the one that was asked is taken over (KIP-951).
import type { Metadata } from './metadata.js';
import type { NetworkClient } from './network-client.js';
import type { Node } from './types.js';

export interface LeaderHint {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

interface NodeEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** True when the hint was news. */
export function takeLeaderHint(
  client: NetworkClient,
  metadata: Metadata,
  topic: string,
  partition: number,
  { leaderId, leaderEpoch }: LeaderHint,
  endpoints: readonly NodeEndpoint[],
): boolean {
  if (leaderId < 0) return false;
  const endpoint = endpoints.find(({ nodeId }) => nodeId === leaderId);
  if (endpoint !== undefined) {
    const { host, port, rack } = endpoint;
    const node: Node = { id: leaderId, host, port, rack };
    client.updateNode(node);
  }
  return metadata.updateLeader(topic, partition, leaderId, leaderEpoch);
}
