// Decides the WriteTxnMarkers messages (API key 27) on the wire.
import { array, bool, int16, int32, int64, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const writableTxnMarkerTopic = struct('WritableTxnMarkerTopic', {
  name: string(),
  partitionIndexes: array(int32()),
});

const writableTxnMarker = struct('WritableTxnMarker', {
  producerId: int64(),
  producerEpoch: int16(),
  transactionResult: bool(),
  topics: array(writableTxnMarkerTopic),
  coordinatorEpoch: int32(),
  transactionVersion: int8({ since: 2, default: 0, ignorable: true }),
});

export const writeTxnMarkersRequest = message({
  name: 'WriteTxnMarkersRequest',
  type: 'request',
  apiKey: 27,
  versions: [1, 2],
  flexibleSince: 1,
  fields: {
    markers: array(writableTxnMarker),
  },
});
export type WriteTxnMarkersRequest = MessageOf<typeof writeTxnMarkersRequest>;
export type WriteTxnMarkersRequestInput = MessageInputOf<typeof writeTxnMarkersRequest>;

const writableTxnMarkerPartitionResult = struct('WritableTxnMarkerPartitionResult', {
  partitionIndex: int32(),
  errorCode: int16(),
});

const writableTxnMarkerTopicResult = struct('WritableTxnMarkerTopicResult', {
  name: string(),
  partitions: array(writableTxnMarkerPartitionResult),
});

const writableTxnMarkerResult = struct('WritableTxnMarkerResult', {
  producerId: int64(),
  topics: array(writableTxnMarkerTopicResult),
});

export const writeTxnMarkersResponse = message({
  name: 'WriteTxnMarkersResponse',
  type: 'response',
  apiKey: 27,
  versions: [1, 2],
  flexibleSince: 1,
  fields: {
    markers: array(writableTxnMarkerResult),
  },
});
export type WriteTxnMarkersResponse = MessageOf<typeof writeTxnMarkersResponse>;
export type WriteTxnMarkersResponseInput = MessageInputOf<typeof writeTxnMarkersResponse>;
