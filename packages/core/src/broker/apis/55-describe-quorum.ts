// DescribeQuorum, key 55, versions 0 to 2 (KIP-595, KIP-853).
//
// The metadata quorum is this node: its leader and only voter, whose log is committed where it ends. Partitions other than
// __cluster_metadata-0 are UNKNOWN_TOPIC_OR_PARTITION. Version 1 adds times, which for a leader are now; version 2 directory ids and nodes.
import { metadataTopic } from '../../machines/controller/topic-name.js';
import type { Clock } from '../../ports/clock.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { DescribeQuorumResponseInput } from '../../protocol/messages/55-describe-quorum.js';
import type { ClusterView } from '../cluster-view.js';
import type { Controller } from '../controller.js';
import { served, type ServedApi } from '../request.js';

type PartitionOutput = DescribeQuorumResponseInput['topics'][number]['partitions'][number];

const metadataPartition = 0;
const listenerName = 'CONTROLLER';
/** The first version with directory ids and nodes. */
const firstNodesVersion = 2;

export function describeQuorum(controller: Controller, cluster: ClusterView, clock: Clock): ServedApi {
  function describe(topicName: string, partitionIndex: number, apiVersion: number): PartitionOutput {
    const { node } = controller.machine;
    if (topicName !== metadataTopic || partitionIndex !== metadataPartition) {
      return {
        partitionIndex,
        errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        errorMessage: `Partition ${topicName}-${partitionIndex} is not that of a quorum`,
        leaderId: -1,
        leaderEpoch: -1,
        highWatermark: -1,
        currentVoters: [],
        observers: [],
      };
    }
    const { endOffset, leaderEpoch } = controller.metadataEnd;
    const nowMs = clock.nowMs();
    const voter = {
      replicaId: node.nodeId,
      ...(apiVersion >= firstNodesVersion ? { replicaDirectoryId: node.directoryId } : {}),
      logEndOffset: endOffset,
      lastFetchTimestamp: nowMs,
      lastCaughtUpTimestamp: nowMs,
    };
    return {
      partitionIndex,
      errorCode: ErrorCode.NONE,
      leaderId: node.nodeId,
      leaderEpoch,
      highWatermark: endOffset,
      currentVoters: [voter],
      observers: [],
    };
  }

  return served(apis.describeQuorum, ({ topics }, { peer, apiVersion }) => {
    const nodes = cluster
      .brokersFor(peer)
      .map(({ nodeId, host, port }) => ({ nodeId, listeners: [{ name: listenerName, host, port }] }));
    return {
      errorCode: ErrorCode.NONE,
      topics: topics.map(({ topicName, partitions }) => ({
        topicName,
        partitions: partitions.map(({ partitionIndex }) => describe(topicName, partitionIndex, apiVersion)),
      })),
      ...(apiVersion >= firstNodesVersion ? { nodes } : {}),
    };
  });
}
