// FindCoordinator, key 10, versions 0 to 6.
//
// Groups (key type 0) are coordinated by this node; the first request creates __consumer_offsets (4.1). Version 4 and later ask for many
// keys in one request and answer in another shape (KIP-699, quirk 11). Transactional ids (key type 1) and share groups (2) are answered
// with INVALID_REQUEST and a message, which clients take as final: their APIs are not advertised, and COORDINATOR_NOT_AVAILABLE would
// let a client try until its time runs out (see SKIPPED.md).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { FindCoordinatorResponseInput } from '../../protocol/messages/10-find-coordinator.js';
import type { GroupCoordinator } from '../../runtime/group-coordinator.js';
import type { ClusterView } from '../cluster-view.js';
import { served, type Peer, type ServedApi } from '../request.js';

const groupKeyType = 0;
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

export function findCoordinator(groups: GroupCoordinator, cluster: ClusterView): ServedApi {
  function find(key: string, keyType: number, peer: Peer): Found {
    if (keyType !== groupKeyType) {
      const message =
        'This broker coordinates consumer groups only, neither transactions nor share groups yet';
      return failed(ErrorCode.INVALID_REQUEST, message);
    }
    if (key === '') return failed(ErrorCode.INVALID_GROUP_ID, 'A group id cannot be empty');
    if (groups.partitionFor(key) === null) {
      return failed(
        ErrorCode.COORDINATOR_NOT_AVAILABLE,
        'The topic of the groups cannot be created; the broker log says why',
      );
    }
    const { host, port } = cluster.endpointFor(peer);
    return { nodeId: cluster.nodeId, host, port, errorCode: ErrorCode.NONE, errorMessage: null };
  }

  return served(apis.findCoordinator, (request, { apiVersion, peer }): FindCoordinatorResponseInput => {
    if (apiVersion < firstBatchedVersion) return find(request.key, request.keyType, peer);
    return {
      coordinators: request.coordinatorKeys.map((key) => ({ key, ...find(key, request.keyType, peer) })),
    };
  });
}
