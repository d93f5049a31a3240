// Decides which APIs there are: key, name, messages, and the versions that Ottla's clients and broker speak.
import { produceRequest, produceResponse } from './messages/00-produce.js';
import { fetchRequest, fetchResponse } from './messages/01-fetch.js';
import { listOffsetsRequest, listOffsetsResponse } from './messages/02-list-offsets.js';
import { metadataRequest, metadataResponse } from './messages/03-metadata.js';
import { offsetCommitRequest, offsetCommitResponse } from './messages/08-offset-commit.js';
import { offsetFetchRequest, offsetFetchResponse } from './messages/09-offset-fetch.js';
import { findCoordinatorRequest, findCoordinatorResponse } from './messages/10-find-coordinator.js';
import { joinGroupRequest, joinGroupResponse } from './messages/11-join-group.js';
import { heartbeatRequest, heartbeatResponse } from './messages/12-heartbeat.js';
import { leaveGroupRequest, leaveGroupResponse } from './messages/13-leave-group.js';
import { syncGroupRequest, syncGroupResponse } from './messages/14-sync-group.js';
import { describeGroupsRequest, describeGroupsResponse } from './messages/15-describe-groups.js';
import { listGroupsRequest, listGroupsResponse } from './messages/16-list-groups.js';
import { saslHandshakeRequest, saslHandshakeResponse } from './messages/17-sasl-handshake.js';
import { apiVersionsRequest, apiVersionsResponse } from './messages/18-api-versions.js';
import { createTopicsRequest, createTopicsResponse } from './messages/19-create-topics.js';
import { deleteTopicsRequest, deleteTopicsResponse } from './messages/20-delete-topics.js';
import { deleteRecordsRequest, deleteRecordsResponse } from './messages/21-delete-records.js';
import { initProducerIdRequest, initProducerIdResponse } from './messages/22-init-producer-id.js';
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from './messages/23-offset-for-leader-epoch.js';
import {
  addPartitionsToTxnRequest,
  addPartitionsToTxnResponse,
} from './messages/24-add-partitions-to-txn.js';
import { addOffsetsToTxnRequest, addOffsetsToTxnResponse } from './messages/25-add-offsets-to-txn.js';
import { endTxnRequest, endTxnResponse } from './messages/26-end-txn.js';
import { writeTxnMarkersRequest, writeTxnMarkersResponse } from './messages/27-write-txn-markers.js';
import { txnOffsetCommitRequest, txnOffsetCommitResponse } from './messages/28-txn-offset-commit.js';
import { describeAclsRequest, describeAclsResponse } from './messages/29-describe-acls.js';
import { createAclsRequest, createAclsResponse } from './messages/30-create-acls.js';
import { deleteAclsRequest, deleteAclsResponse } from './messages/31-delete-acls.js';
import { describeConfigsRequest, describeConfigsResponse } from './messages/32-describe-configs.js';
import { alterConfigsRequest, alterConfigsResponse } from './messages/33-alter-configs.js';
import {
  alterReplicaLogDirsRequest,
  alterReplicaLogDirsResponse,
} from './messages/34-alter-replica-log-dirs.js';
import { describeLogDirsRequest, describeLogDirsResponse } from './messages/35-describe-log-dirs.js';
import { saslAuthenticateRequest, saslAuthenticateResponse } from './messages/36-sasl-authenticate.js';
import { createPartitionsRequest, createPartitionsResponse } from './messages/37-create-partitions.js';
import { deleteGroupsRequest, deleteGroupsResponse } from './messages/42-delete-groups.js';
import { electLeadersRequest, electLeadersResponse } from './messages/43-elect-leaders.js';
import {
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
} from './messages/44-incremental-alter-configs.js';
import {
  alterPartitionReassignmentsRequest,
  alterPartitionReassignmentsResponse,
} from './messages/45-alter-partition-reassignments.js';
import {
  listPartitionReassignmentsRequest,
  listPartitionReassignmentsResponse,
} from './messages/46-list-partition-reassignments.js';
import { offsetDeleteRequest, offsetDeleteResponse } from './messages/47-offset-delete.js';
import {
  describeClientQuotasRequest,
  describeClientQuotasResponse,
} from './messages/48-describe-client-quotas.js';
import { alterClientQuotasRequest, alterClientQuotasResponse } from './messages/49-alter-client-quotas.js';
import {
  describeUserScramCredentialsRequest,
  describeUserScramCredentialsResponse,
} from './messages/50-describe-user-scram-credentials.js';
import {
  alterUserScramCredentialsRequest,
  alterUserScramCredentialsResponse,
} from './messages/51-alter-user-scram-credentials.js';
import { describeQuorumRequest, describeQuorumResponse } from './messages/55-describe-quorum.js';
import { updateFeaturesRequest, updateFeaturesResponse } from './messages/57-update-features.js';
import { describeClusterRequest, describeClusterResponse } from './messages/60-describe-cluster.js';
import { describeProducersRequest, describeProducersResponse } from './messages/61-describe-producers.js';
import {
  describeTransactionsRequest,
  describeTransactionsResponse,
} from './messages/65-describe-transactions.js';
import { listTransactionsRequest, listTransactionsResponse } from './messages/66-list-transactions.js';
import {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
} from './messages/68-consumer-group-heartbeat.js';
import {
  consumerGroupDescribeRequest,
  consumerGroupDescribeResponse,
} from './messages/69-consumer-group-describe.js';
import {
  listConfigResourcesRequest,
  listConfigResourcesResponse,
} from './messages/74-list-config-resources.js';
import {
  describeTopicPartitionsRequest,
  describeTopicPartitionsResponse,
} from './messages/75-describe-topic-partitions.js';
import type { InputOf, ShapeOf } from './schema/field.js';
import type { Message } from './schema/message.js';

/** First and last version, inclusive. */
export type VersionRange = readonly [first: number, last: number];

/** The types that go with an API; they exist for the compiler alone. */
interface ApiTypes<RequestInput, Response, Request, ResponseInput> {
  readonly requestInput: RequestInput;
  readonly response: Response;
  readonly request: Request;
  readonly responseInput: ResponseInput;
}

/** One API: a request, its response, and their versions. A client writes a RequestInput and reads a Response, a broker the other two. */
export interface Api<RequestInput = unknown, Response = unknown, Request = unknown, ResponseInput = unknown> {
  readonly key: number;
  /** Apache's name, for example `Produce`. */
  readonly name: string;
  readonly request: Message;
  readonly response: Message;
  /** Every version that the codecs can write and read and that Apache calls stable: what a client may use. */
  readonly versions: VersionRange;
  /** What a broker names in ApiVersions; it may name versions that it refuses, as Apache's does for Produce 0 to 2. */
  readonly advertisedVersions: VersionRange;
  /** Never there at run time. */
  readonly types?: ApiTypes<RequestInput, Response, Request, ResponseInput>;
}

interface Versions {
  /** Absent: all versions of the request. */
  readonly stable?: VersionRange;
  /** Absent: the stable ones. */
  readonly advertised?: VersionRange;
}

function api<RequestShape, ResponseShape>(
  request: Message<RequestShape>,
  response: Message<ResponseShape>,
  { stable = request.versions, advertised = stable }: Versions = {},
): Api<InputOf<RequestShape>, ShapeOf<ResponseShape>, ShapeOf<RequestShape>, InputOf<ResponseShape>> {
  if (request.apiKey === null || request.apiKey !== response.apiKey) {
    throw new Error(`${request.name} and ${response.name} are not the messages of one API`);
  }
  return {
    key: request.apiKey,
    name: request.name.replace(/Request$/, ''),
    request: request as Message,
    response: response as Message,
    versions: stable,
    advertisedVersions: advertised,
  };
}

/** Every API that has a schema here, in the order of the keys. What a broker names of them is what it serves (broker/api-table.ts). */
export const apis = {
  // Versions 0 to 2 are named for old librdkafka, which takes compression off without them (KAFKA-18659); nobody serves them.
  produce: api(produceRequest, produceResponse, { advertised: [0, 13] }),
  fetch: api(fetchRequest, fetchResponse),
  listOffsets: api(listOffsetsRequest, listOffsetsResponse),
  metadata: api(metadataRequest, metadataResponse),
  offsetCommit: api(offsetCommitRequest, offsetCommitResponse),
  offsetFetch: api(offsetFetchRequest, offsetFetchResponse),
  findCoordinator: api(findCoordinatorRequest, findCoordinatorResponse),
  joinGroup: api(joinGroupRequest, joinGroupResponse),
  heartbeat: api(heartbeatRequest, heartbeatResponse),
  leaveGroup: api(leaveGroupRequest, leaveGroupResponse),
  syncGroup: api(syncGroupRequest, syncGroupResponse),
  describeGroups: api(describeGroupsRequest, describeGroupsResponse),
  listGroups: api(listGroupsRequest, listGroupsResponse),
  saslHandshake: api(saslHandshakeRequest, saslHandshakeResponse),
  // Version 5 (KIP-1242) is of Kafka 4.4 and tells a broker whom the client means to reach, which nothing here needs. Asking with it would
  // cost a second round trip at every older broker, which refuses what it does not know (quirk 2): clients start at 4.
  apiVersions: api(apiVersionsRequest, apiVersionsResponse, { stable: [0, 4] }),
  createTopics: api(createTopicsRequest, createTopicsResponse),
  deleteTopics: api(deleteTopicsRequest, deleteTopicsResponse),
  deleteRecords: api(deleteRecordsRequest, deleteRecordsResponse),
  // Version 6 (two-phase commit, KIP-939) is marked unstable.
  initProducerId: api(initProducerIdRequest, initProducerIdResponse, { stable: [0, 5] }),
  offsetForLeaderEpoch: api(offsetForLeaderEpochRequest, offsetForLeaderEpochResponse),
  addPartitionsToTxn: api(addPartitionsToTxnRequest, addPartitionsToTxnResponse),
  addOffsetsToTxn: api(addOffsetsToTxnRequest, addOffsetsToTxnResponse),
  endTxn: api(endTxnRequest, endTxnResponse),
  writeTxnMarkers: api(writeTxnMarkersRequest, writeTxnMarkersResponse),
  // Version 6 (topic ids) is of Kafka 4.4.
  txnOffsetCommit: api(txnOffsetCommitRequest, txnOffsetCommitResponse, { advertised: [0, 5] }),
  describeAcls: api(describeAclsRequest, describeAclsResponse),
  createAcls: api(createAclsRequest, createAclsResponse),
  deleteAcls: api(deleteAclsRequest, deleteAclsResponse),
  describeConfigs: api(describeConfigsRequest, describeConfigsResponse),
  alterConfigs: api(alterConfigsRequest, alterConfigsResponse),
  alterReplicaLogDirs: api(alterReplicaLogDirsRequest, alterReplicaLogDirsResponse),
  // Version 5 (cordoned directories) is of Kafka 4.4.
  describeLogDirs: api(describeLogDirsRequest, describeLogDirsResponse, { advertised: [1, 4] }),
  saslAuthenticate: api(saslAuthenticateRequest, saslAuthenticateResponse),
  createPartitions: api(createPartitionsRequest, createPartitionsResponse),
  // Version 3 (an error message) is of Kafka 4.4.
  deleteGroups: api(deleteGroupsRequest, deleteGroupsResponse, { advertised: [0, 2] }),
  electLeaders: api(electLeadersRequest, electLeadersResponse),
  incrementalAlterConfigs: api(incrementalAlterConfigsRequest, incrementalAlterConfigsResponse),
  alterPartitionReassignments: api(alterPartitionReassignmentsRequest, alterPartitionReassignmentsResponse),
  listPartitionReassignments: api(listPartitionReassignmentsRequest, listPartitionReassignmentsResponse),
  offsetDelete: api(offsetDeleteRequest, offsetDeleteResponse),
  describeClientQuotas: api(describeClientQuotasRequest, describeClientQuotasResponse),
  alterClientQuotas: api(alterClientQuotasRequest, alterClientQuotasResponse),
  describeUserScramCredentials: api(
    describeUserScramCredentialsRequest,
    describeUserScramCredentialsResponse,
  ),
  alterUserScramCredentials: api(alterUserScramCredentialsRequest, alterUserScramCredentialsResponse),
  describeQuorum: api(describeQuorumRequest, describeQuorumResponse),
  updateFeatures: api(updateFeaturesRequest, updateFeaturesResponse),
  describeCluster: api(describeClusterRequest, describeClusterResponse),
  describeProducers: api(describeProducersRequest, describeProducersResponse),
  describeTransactions: api(describeTransactionsRequest, describeTransactionsResponse),
  listTransactions: api(listTransactionsRequest, listTransactionsResponse),
  consumerGroupHeartbeat: api(consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse),
  consumerGroupDescribe: api(consumerGroupDescribeRequest, consumerGroupDescribeResponse),
  listConfigResources: api(listConfigResourcesRequest, listConfigResourcesResponse),
  describeTopicPartitions: api(describeTopicPartitionsRequest, describeTopicPartitionsResponse),
} as const;

const byKey: (Api | undefined)[] = [];
for (const each of Object.values(apis)) {
  byKey[each.key] = each;
}

/** The API of a key, or undefined when it has no schema here. */
export function apiByKey(key: number): Api | undefined {
  return byKey[key];
}
