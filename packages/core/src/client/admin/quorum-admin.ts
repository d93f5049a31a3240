// Decides how the quorum behind a cluster's metadata is described (KIP-836, KIP-853).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError } from '../errors.js';
import type { AdminContext } from './admin-context.js';

const metadataTopic = '__cluster_metadata';

/** A replica of the metadata log. */
export interface QuorumReplica {
  /** The node. */
  readonly replicaId: number;
  /** Its log directory, as a base64url uuid; null when the broker does not tell. */
  readonly directoryId: string | null;
  /** Where its log ends. */
  readonly logEndOffset: number;
  /** When it last fetched, in milliseconds of the epoch; null when unknown. */
  readonly lastFetchTimestamp: number | null;
  /** When it last had all that the leader had; null when unknown. */
  readonly lastCaughtUpTimestamp: number | null;
}

/** A node that votes, and where it listens. */
export interface QuorumNode {
  /** Its id. */
  readonly nodeId: number;
  /** Where it listens, by listener. */
  readonly endpoints: readonly { readonly name: string; readonly host: string; readonly port: number }[];
}

/** The quorum behind a cluster's metadata. */
export interface QuorumDescription {
  /** The controller that leads; -1 while there is none. */
  readonly leaderId: number;
  /** Rises with every election. */
  readonly leaderEpoch: number;
  /** The offset up to which a majority has the log. */
  readonly highWatermark: number;
  /** The controllers that elect the leader. */
  readonly voters: readonly QuorumReplica[];
  /** Those that follow without a vote: brokers. */
  readonly observers: readonly QuorumReplica[];
  /** Empty when the broker does not tell. */
  readonly nodes: readonly QuorumNode[];
}

interface ReplicaState {
  readonly replicaId: number;
  readonly replicaDirectoryId?: string | undefined;
  readonly logEndOffset: number;
  readonly lastFetchTimestamp?: number | undefined;
  readonly lastCaughtUpTimestamp?: number | undefined;
}

const timeOrNull = (time: number | undefined): number | null =>
  time === undefined || time < 0 ? null : time;

const replicaOf = (state: ReplicaState): QuorumReplica => ({
  replicaId: state.replicaId,
  directoryId: state.replicaDirectoryId ?? null,
  logEndOffset: state.logEndOffset,
  lastFetchTimestamp: timeOrNull(state.lastFetchTimestamp),
  lastCaughtUpTimestamp: timeOrNull(state.lastCaughtUpTimestamp),
});

export function describeMetadataQuorum(context: AdminContext): Promise<QuorumDescription> {
  const what = 'Cannot describe the metadata quorum';
  return context.call('Describing the metadata quorum', async (timeoutMs) => {
    const response = await context.client.send(
      'any',
      apis.describeQuorum,
      { topics: [{ topicName: metadataTopic, partitions: [{ partitionIndex: 0 }] }] },
      { timeoutMs },
    );
    if (response.errorCode !== ErrorCode.NONE) {
      throw brokerError(response.errorCode, what, response.errorMessage);
    }
    const partition = response.topics.find(({ topicName }) => topicName === metadataTopic)?.partitions[0];
    if (partition === undefined || partition.errorCode !== ErrorCode.NONE) {
      throw brokerError(
        partition?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR,
        what,
        partition?.errorMessage,
      );
    }
    return {
      leaderId: partition.leaderId,
      leaderEpoch: partition.leaderEpoch,
      highWatermark: partition.highWatermark,
      voters: partition.currentVoters.map(replicaOf),
      observers: partition.observers.map(replicaOf),
      nodes: (response.nodes ?? []).map(({ nodeId, listeners }) => ({
        nodeId: nodeId ?? -1,
        endpoints: (listeners ?? []).map(({ name, host, port }) => ({
          name: name ?? '',
          host: host ?? '',
          port: port ?? -1,
        })),
      })),
    };
  });
}
