// Decides which broker coordinates a group or a transactional id.
import { apis } from '../protocol/api-keys.js';
import { ErrorCode } from '../protocol/errors.js';
import { brokerError } from './errors.js';
import type { NetworkClient } from './network-client.js';
import type { Node } from './types.js';

export const coordinatorKeyTypes = { group: 0, transaction: 1 } as const;
export type CoordinatorKeyType = keyof typeof coordinatorKeyTypes;

/** Asks any broker once; rejects with a KafkaError, which is retriable while the coordinator is being chosen. The node is made known to `client`. */
export async function findCoordinator(
  client: NetworkClient,
  key: string,
  keyType: CoordinatorKeyType,
  timeoutMs: number,
): Promise<Node> {
  const type = coordinatorKeyTypes[keyType];
  const response = await client.send(
    'any',
    apis.findCoordinator,
    (version) => (version < 4 ? { key, keyType: type } : { key: '', keyType: type, coordinatorKeys: [key] }),
    { timeoutMs },
  );
  const found = response.coordinators.find((coordinator) => coordinator.key === key) ?? response;
  if (found.errorCode !== ErrorCode.NONE) {
    const what = keyType === 'group' ? `group ${key}` : `transactional id ${key}`;
    throw brokerError(found.errorCode, `Cannot find the coordinator of ${what}`, found.errorMessage);
  }
  const node = { id: found.nodeId, host: found.host, port: found.port, rack: null };
  client.updateNode(node);
  return node;
}
