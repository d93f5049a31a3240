// Decides the DescribeProducers messages (API key 61) on the wire.
import { array, int16, int32, int64, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const topicRequest = struct('TopicRequest', {
  name: string(),
  partitionIndexes: array(int32()),
});

export const describeProducersRequest = message({
  name: 'DescribeProducersRequest',
  type: 'request',
  apiKey: 61,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topics: array(topicRequest),
  },
});
export type DescribeProducersRequest = MessageOf<typeof describeProducersRequest>;
export type DescribeProducersRequestInput = MessageInputOf<typeof describeProducersRequest>;

const producerState = struct('ProducerState', {
  producerId: int64(),
  producerEpoch: int32(),
  lastSequence: int32({ default: -1 }),
  lastTimestamp: int64({ default: -1 }),
  coordinatorEpoch: int32(),
  currentTxnStartOffset: int64({ default: -1 }),
});

const partitionResponse = struct('PartitionResponse', {
  partitionIndex: int32(),
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0, default: null }),
  activeProducers: array(producerState),
});

const topicResponse = struct('TopicResponse', {
  name: string(),
  partitions: array(partitionResponse),
});

export const describeProducersResponse = message({
  name: 'DescribeProducersResponse',
  type: 'response',
  apiKey: 61,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    throttleTimeMs: int32(),
    topics: array(topicResponse),
  },
});
export type DescribeProducersResponse = MessageOf<typeof describeProducersResponse>;
export type DescribeProducersResponseInput = MessageInputOf<typeof describeProducersResponse>;
