// DescribeCluster, key 60, versions 0 to 2.
//
// The cluster id, this node as the only broker and as the controller to send admin calls to (G6), and from version 2 whether brokers are
// fenced, which this one never is. From version 1 a client may ask for controllers instead of brokers (KIP-919); a broker's listener
// answers that with MISMATCHED_ENDPOINT_TYPE, an unknown type with UNSUPPORTED_ENDPOINT_TYPE. Authorized operations as in Metadata.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { DescribeClusterResponseInput } from '../../protocol/messages/60-describe-cluster.js';
import { allClusterOperations, unknownOperations, type ClusterView } from '../cluster-view.js';
import { served, type ServedApi } from '../request.js';

const brokerEndpoints = 1;
const controllerEndpoints = 2;

export function describeCluster(cluster: ClusterView): ServedApi {
  return served(apis.describeCluster, (request, { peer }): DescribeClusterResponseInput => {
    const { endpointType } = request;
    if (endpointType !== brokerEndpoints) {
      const isController = endpointType === controllerEndpoints;
      return {
        throttleTimeMs: 0,
        errorCode: isController ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
        errorMessage: isController
          ? 'This listener is a broker, not a controller'
          : `Endpoint type ${endpointType} is unknown`,
        endpointType,
        clusterId: cluster.clusterId,
        brokers: [],
      };
    }
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      endpointType,
      clusterId: cluster.clusterId,
      controllerId: cluster.nodeId,
      brokers: cluster
        .brokersFor(peer)
        .map(({ nodeId, host, port }) => ({ brokerId: nodeId, host, port, rack: null, isFenced: false })),
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? allClusterOperations
        : unknownOperations,
    };
  });
}
