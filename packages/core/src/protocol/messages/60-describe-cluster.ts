// Decides the DescribeCluster messages (API key 60) on the wire.
import { array, bool, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const describeClusterRequest = message({
  name: 'DescribeClusterRequest',
  type: 'request',
  apiKey: 60,
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    includeClusterAuthorizedOperations: bool(),
    endpointType: int8({ since: 1, default: 1 }),
    includeFencedBrokers: bool({ since: 2 }),
  },
});
export type DescribeClusterRequest = MessageOf<typeof describeClusterRequest>;
export type DescribeClusterRequestInput = MessageInputOf<typeof describeClusterRequest>;

const describeClusterBroker = struct('DescribeClusterBroker', {
  brokerId: int32(),
  host: string(),
  port: int32(),
  rack: string({ nullableSince: 0, default: null }),
  isFenced: bool({ since: 2 }),
});

export const describeClusterResponse = message({
  name: 'DescribeClusterResponse',
  type: 'response',
  apiKey: 60,
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullableSince: 0, default: null }),
    endpointType: int8({ since: 1, default: 1 }),
    clusterId: string(),
    controllerId: int32({ default: -1 }),
    brokers: array(describeClusterBroker),
    clusterAuthorizedOperations: int32({ default: -2147483648 }),
  },
});
export type DescribeClusterResponse = MessageOf<typeof describeClusterResponse>;
export type DescribeClusterResponseInput = MessageInputOf<typeof describeClusterResponse>;
