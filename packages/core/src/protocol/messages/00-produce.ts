// Decides the Produce messages (API key 0) on the wire.
import { array, int16, int32, int64, records, string, struct, structField, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const partitionProduceData = struct('PartitionProduceData', {
  index: int32(),
  records: records({ nullableSince: 0 }),
});

const topicProduceData = struct('TopicProduceData', {
  name: string({ until: 12, ignorable: true }),
  topicId: uuid({ since: 13, ignorable: true }),
  partitionData: array(partitionProduceData),
});

export const produceRequest = message({
  name: 'ProduceRequest',
  type: 'request',
  apiKey: 0,
  versions: [3, 13],
  flexibleSince: 9,
  fields: {
    transactionalId: string({ nullableSince: 3, default: null }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array(topicProduceData),
  },
});
export type ProduceRequest = MessageOf<typeof produceRequest>;
export type ProduceRequestInput = MessageInputOf<typeof produceRequest>;

const batchIndexAndErrorMessage = struct('BatchIndexAndErrorMessage', {
  batchIndex: int32({ since: 8 }),
  batchIndexErrorMessage: string({ since: 8, nullableSince: 8, default: null }),
});

const leaderIdAndEpoch = struct('LeaderIdAndEpoch', {
  leaderId: int32({ since: 10, default: -1 }),
  leaderEpoch: int32({ since: 10, default: -1 }),
});

const partitionProduceResponse = struct('PartitionProduceResponse', {
  index: int32(),
  errorCode: int16(),
  baseOffset: int64(),
  logAppendTimeMs: int64({ default: -1, ignorable: true }),
  logStartOffset: int64({ since: 5, default: -1, ignorable: true }),
  recordErrors: array(batchIndexAndErrorMessage, { since: 8, ignorable: true }),
  errorMessage: string({ since: 8, nullableSince: 8, default: null, ignorable: true }),
  currentLeader: structField(leaderIdAndEpoch, { since: 10, tag: 0 }),
});

const topicProduceResponse = struct('TopicProduceResponse', {
  name: string({ until: 12, ignorable: true }),
  topicId: uuid({ since: 13, ignorable: true }),
  partitionResponses: array(partitionProduceResponse),
});

const nodeEndpoint = struct('NodeEndpoint', {
  nodeId: int32({ since: 10 }),
  host: string({ since: 10 }),
  port: int32({ since: 10 }),
  rack: string({ since: 10, nullableSince: 10, default: null }),
});

export const produceResponse = message({
  name: 'ProduceResponse',
  type: 'response',
  apiKey: 0,
  versions: [3, 13],
  flexibleSince: 9,
  fields: {
    responses: array(topicProduceResponse),
    throttleTimeMs: int32({ default: 0, ignorable: true }),
    nodeEndpoints: array(nodeEndpoint, { since: 10, tag: 0 }),
  },
});
export type ProduceResponse = MessageOf<typeof produceResponse>;
export type ProduceResponseInput = MessageInputOf<typeof produceResponse>;
