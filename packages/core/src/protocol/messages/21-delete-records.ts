// Decides the DeleteRecords messages (API key 21) on the wire.
import { array, int16, int32, int64, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const deleteRecordsPartition = struct('DeleteRecordsPartition', {
  partitionIndex: int32(),
  offset: int64(),
});

const deleteRecordsTopic = struct('DeleteRecordsTopic', {
  name: string(),
  partitions: array(deleteRecordsPartition),
});

export const deleteRecordsRequest = message({
  name: 'DeleteRecordsRequest',
  type: 'request',
  apiKey: 21,
  versions: [0, 2],
  flexibleSince: 2,
  fields: {
    topics: array(deleteRecordsTopic),
    timeoutMs: int32(),
  },
});
export type DeleteRecordsRequest = MessageOf<typeof deleteRecordsRequest>;
export type DeleteRecordsRequestInput = MessageInputOf<typeof deleteRecordsRequest>;

const deleteRecordsPartitionResult = struct('DeleteRecordsPartitionResult', {
  partitionIndex: int32(),
  lowWatermark: int64(),
  errorCode: int16(),
});

const deleteRecordsTopicResult = struct('DeleteRecordsTopicResult', {
  name: string(),
  partitions: array(deleteRecordsPartitionResult),
});

export const deleteRecordsResponse = message({
  name: 'DeleteRecordsResponse',
  type: 'response',
  apiKey: 21,
  versions: [0, 2],
  flexibleSince: 2,
  fields: {
    throttleTimeMs: int32(),
    topics: array(deleteRecordsTopicResult),
  },
});
export type DeleteRecordsResponse = MessageOf<typeof deleteRecordsResponse>;
export type DeleteRecordsResponseInput = MessageInputOf<typeof deleteRecordsResponse>;
