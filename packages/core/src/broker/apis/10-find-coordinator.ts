// FindCoordinator, key 10, versions 0 to 6.
//
// Groups (key type 0) and transactional ids (1) are coordinated by this node; the first request creates __consumer_offsets (4.1) or
// __transaction_state (T2). Version 4 and later ask for many keys in one request and answer in another shape (KIP-699, quirk 11). Share
// groups (2) are answered with INVALID_REQUEST and a message, which clients take as final: their APIs are not advertised, and
// COORDINATOR_NOT_AVAILABLE would let a client try until its time runs out (see SKIPPED.md).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { FindCoordinatorResponseInput } from '../../protocol/messages/10-find-coordinator.js';
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import type { TransactionCoordinator } from '../../runtime/transaction-coordinator.js';
import type { ClusterView } from '../cluster-view.js';
import { served, type Peer, type ServedApi } from '../request.js';

const groupKeyType = 0;
const transactionKeyType = 1;
const firstBatchedVersion = 4;

interface Found {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

function failed(errorCode: number, errorMessage: string): Found {
  return { nodeId: -1, host: '', port: -1, errorCode, errorMessage };
}

export interface FindCoordinatorParts {
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly cluster: ClusterView;
}

export function findCoordinator({ groups, transactions, cluster }: FindCoordinatorParts): ServedApi {
  function found(partition: number | null, what: string, peer: Peer): Found {
    if (partition === null) {
      return failed(
        ErrorCode.COORDINATOR_NOT_AVAILABLE,
        `The topic of the ${what} cannot be created; the broker log says why`,
      );
    }
    const { host, port } = cluster.endpointFor(peer);
    return { nodeId: cluster.nodeId, host, port, errorCode: ErrorCode.NONE, errorMessage: null };
  }

  function find(key: string, keyType: number, peer: Peer): Found {
    switch (keyType) {
      case groupKeyType:
        if (key === '') return failed(ErrorCode.INVALID_GROUP_ID, 'A group id cannot be empty');
        return found(groups.partitionFor(key), 'groups', peer);
      case transactionKeyType:
        if (key === '') return failed(ErrorCode.INVALID_REQUEST, 'A transactional id cannot be empty');
        return found(transactions.partitionFor(key), 'transactions', peer);
      default:
        return failed(
          ErrorCode.INVALID_REQUEST,
          'This broker coordinates consumer groups and transactions, but no share groups',
        );
    }
  }

  return served(apis.findCoordinator, (request, { apiVersion, peer }): FindCoordinatorResponseInput => {
    if (apiVersion < firstBatchedVersion) return find(request.key, request.keyType, peer);
    return {
      coordinators: request.coordinatorKeys.map((key) => ({ key, ...find(key, request.keyType, peer) })),
    };
  });
}
