// Decides the records of configs, features, quotas and producer ids in the cluster metadata log, and those that mark its batches.
import { array, bool, float64, int16, int32, int64, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const configRecord = message({
  name: 'ConfigRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    resourceType: int8(),
    resourceName: string(),
    name: string(),
    value: string({ nullableSince: 0 }),
  },
});
export type ConfigRecord = MessageOf<typeof configRecord>;
export type ConfigRecordInput = MessageInputOf<typeof configRecord>;

export const featureLevelRecord = message({
  name: 'FeatureLevelRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    name: string(),
    featureLevel: int16(),
  },
});
export type FeatureLevelRecord = MessageOf<typeof featureLevelRecord>;
export type FeatureLevelRecordInput = MessageInputOf<typeof featureLevelRecord>;

const entityData = struct('EntityData', {
  entityType: string(),
  entityName: string({ nullableSince: 0 }),
});

export const clientQuotaRecord = message({
  name: 'ClientQuotaRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    entity: array(entityData),
    key: string(),
    value: float64(),
    remove: bool(),
  },
});
export type ClientQuotaRecord = MessageOf<typeof clientQuotaRecord>;
export type ClientQuotaRecordInput = MessageInputOf<typeof clientQuotaRecord>;

export const producerIdsRecord = message({
  name: 'ProducerIdsRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    nextProducerId: int64(),
  },
});
export type ProducerIdsRecord = MessageOf<typeof producerIdsRecord>;
export type ProducerIdsRecordInput = MessageInputOf<typeof producerIdsRecord>;

export const noOpRecord = message({
  name: 'NoOpRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {},
});
export type NoOpRecord = MessageOf<typeof noOpRecord>;
export type NoOpRecordInput = MessageInputOf<typeof noOpRecord>;

export const beginTransactionRecord = message({
  name: 'BeginTransactionRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    name: string({ nullableSince: 0, tag: 0, default: null }),
  },
});
export type BeginTransactionRecord = MessageOf<typeof beginTransactionRecord>;
export type BeginTransactionRecordInput = MessageInputOf<typeof beginTransactionRecord>;

export const endTransactionRecord = message({
  name: 'EndTransactionRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {},
});
export type EndTransactionRecord = MessageOf<typeof endTransactionRecord>;
export type EndTransactionRecordInput = MessageInputOf<typeof endTransactionRecord>;

export const abortTransactionRecord = message({
  name: 'AbortTransactionRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    reason: string({ nullableSince: 0, tag: 0, default: null }),
  },
});
export type AbortTransactionRecord = MessageOf<typeof abortTransactionRecord>;
export type AbortTransactionRecordInput = MessageInputOf<typeof abortTransactionRecord>;
