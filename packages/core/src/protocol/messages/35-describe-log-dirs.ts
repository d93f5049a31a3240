// Decides the DescribeLogDirs messages (API key 35) on the wire.
import { array, bool, int16, int32, int64, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const describableLogDirTopic = struct('DescribableLogDirTopic', {
  topic: string(),
  partitions: array(int32()),
});

export const describeLogDirsRequest = message({
  name: 'DescribeLogDirsRequest',
  type: 'request',
  apiKey: 35,
  versions: [1, 5],
  flexibleSince: 2,
  fields: {
    topics: array(describableLogDirTopic, { nullableSince: 0 }),
  },
});
export type DescribeLogDirsRequest = MessageOf<typeof describeLogDirsRequest>;
export type DescribeLogDirsRequestInput = MessageInputOf<typeof describeLogDirsRequest>;

const describeLogDirsPartition = struct('DescribeLogDirsPartition', {
  partitionIndex: int32(),
  partitionSize: int64(),
  offsetLag: int64(),
  isFutureKey: bool(),
});

const describeLogDirsTopic = struct('DescribeLogDirsTopic', {
  name: string(),
  partitions: array(describeLogDirsPartition),
});

const describeLogDirsResult = struct('DescribeLogDirsResult', {
  errorCode: int16(),
  logDir: string(),
  topics: array(describeLogDirsTopic),
  totalBytes: int64({ since: 4, default: -1, ignorable: true }),
  usableBytes: int64({ since: 4, default: -1, ignorable: true }),
  isCordoned: bool({ since: 5, default: false, ignorable: true }),
});

export const describeLogDirsResponse = message({
  name: 'DescribeLogDirsResponse',
  type: 'response',
  apiKey: 35,
  versions: [1, 5],
  flexibleSince: 2,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16({ since: 3, ignorable: true }),
    results: array(describeLogDirsResult),
  },
});
export type DescribeLogDirsResponse = MessageOf<typeof describeLogDirsResponse>;
export type DescribeLogDirsResponseInput = MessageInputOf<typeof describeLogDirsResponse>;
