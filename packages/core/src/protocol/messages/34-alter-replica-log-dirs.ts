// Decides the AlterReplicaLogDirs messages (API key 34) on the wire.
import { array, int16, int32, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const alterReplicaLogDirTopic = struct('AlterReplicaLogDirTopic', {
  name: string(),
  partitions: array(int32()),
});

const alterReplicaLogDir = struct('AlterReplicaLogDir', {
  path: string(),
  topics: array(alterReplicaLogDirTopic),
});

export const alterReplicaLogDirsRequest = message({
  name: 'AlterReplicaLogDirsRequest',
  type: 'request',
  apiKey: 34,
  versions: [1, 2],
  flexibleSince: 2,
  fields: {
    dirs: array(alterReplicaLogDir),
  },
});
export type AlterReplicaLogDirsRequest = MessageOf<typeof alterReplicaLogDirsRequest>;
export type AlterReplicaLogDirsRequestInput = MessageInputOf<typeof alterReplicaLogDirsRequest>;

const alterReplicaLogDirPartitionResult = struct('AlterReplicaLogDirPartitionResult', {
  partitionIndex: int32(),
  errorCode: int16(),
});

const alterReplicaLogDirTopicResult = struct('AlterReplicaLogDirTopicResult', {
  topicName: string(),
  partitions: array(alterReplicaLogDirPartitionResult),
});

export const alterReplicaLogDirsResponse = message({
  name: 'AlterReplicaLogDirsResponse',
  type: 'response',
  apiKey: 34,
  versions: [1, 2],
  flexibleSince: 2,
  fields: {
    throttleTimeMs: int32(),
    results: array(alterReplicaLogDirTopicResult),
  },
});
export type AlterReplicaLogDirsResponse = MessageOf<typeof alterReplicaLogDirsResponse>;
export type AlterReplicaLogDirsResponseInput = MessageInputOf<typeof alterReplicaLogDirsResponse>;
