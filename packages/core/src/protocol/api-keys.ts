// Decides which APIs there are: key, name, messages, and the versions that Ottla's clients and broker speak.
import { fetchRequest, fetchResponse } from './messages/01-fetch.js';
import { produceRequest, produceResponse } from './messages/00-produce.js';
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
import { apiVersionsRequest, apiVersionsResponse } from './messages/18-api-versions.js';
import { createTopicsRequest, createTopicsResponse } from './messages/19-create-topics.js';
import { deleteTopicsRequest, deleteTopicsResponse } from './messages/20-delete-topics.js';
import { initProducerIdRequest, initProducerIdResponse } from './messages/22-init-producer-id.js';
import {
  offsetForLeaderEpochRequest,
  offsetForLeaderEpochResponse,
} from './messages/23-offset-for-leader-epoch.js';
import { describeConfigsRequest, describeConfigsResponse } from './messages/32-describe-configs.js';
import { deleteGroupsRequest, deleteGroupsResponse } from './messages/42-delete-groups.js';
import { offsetDeleteRequest, offsetDeleteResponse } from './messages/47-offset-delete.js';
import { describeClusterRequest, describeClusterResponse } from './messages/60-describe-cluster.js';
import {
  consumerGroupHeartbeatRequest,
  consumerGroupHeartbeatResponse,
} from './messages/68-consumer-group-heartbeat.js';
import {
  consumerGroupDescribeRequest,
  consumerGroupDescribeResponse,
} from './messages/69-consumer-group-describe.js';
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

/** Every API that has a schema here. */
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
  apiVersions: api(apiVersionsRequest, apiVersionsResponse, { advertised: [0, 4] }),
  createTopics: api(createTopicsRequest, createTopicsResponse),
  deleteTopics: api(deleteTopicsRequest, deleteTopicsResponse),
  // Version 6 (two-phase commit, KIP-939) is marked unstable.
  initProducerId: api(initProducerIdRequest, initProducerIdResponse, { stable: [0, 5] }),
  offsetForLeaderEpoch: api(offsetForLeaderEpochRequest, offsetForLeaderEpochResponse),
  describeConfigs: api(describeConfigsRequest, describeConfigsResponse),
  // Version 3 (an error message) is of Kafka 4.4.
  deleteGroups: api(deleteGroupsRequest, deleteGroupsResponse, { advertised: [0, 2] }),
  offsetDelete: api(offsetDeleteRequest, offsetDeleteResponse),
  describeCluster: api(describeClusterRequest, describeClusterResponse),
  consumerGroupHeartbeat: api(consumerGroupHeartbeatRequest, consumerGroupHeartbeatResponse),
  consumerGroupDescribe: api(consumerGroupDescribeRequest, consumerGroupDescribeResponse),
} as const;

const byKey: (Api | undefined)[] = [];
for (const each of Object.values(apis)) {
  byKey[each.key] = each;
}

/** The API of a key, or undefined when it has no schema here. */
export function apiByKey(key: number): Api | undefined {
  return byKey[key];
}
