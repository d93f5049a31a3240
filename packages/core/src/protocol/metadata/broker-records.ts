// Decides the records of brokers and controllers in the cluster metadata log.
import { array, bool, int16, int32, int64, int8, string, struct, uint16, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const brokerEndpoint = struct('BrokerEndpoint', {
  name: string(),
  host: string(),
  port: uint16(),
  securityProtocol: int16(),
});

const brokerFeature = struct('BrokerFeature', {
  name: string(),
  minSupportedVersion: int16(),
  maxSupportedVersion: int16(),
});

export const registerBrokerRecord = message({
  name: 'RegisterBrokerRecord',
  type: 'data',
  versions: [0, 4],
  flexibleSince: 0,
  fields: {
    brokerId: int32(),
    isMigratingZkBroker: bool({ since: 2, default: false }),
    incarnationId: uuid(),
    brokerEpoch: int64(),
    endPoints: array(brokerEndpoint),
    features: array(brokerFeature),
    rack: string({ nullableSince: 0 }),
    fenced: bool({ default: true }),
    inControlledShutdown: bool({ since: 1, default: false }),
    logDirs: array(uuid(), { since: 3, tag: 0 }),
    cordonedLogDirs: array(uuid(), { since: 4, nullableSince: 4, tag: 1, default: null }),
  },
});
export type RegisterBrokerRecord = MessageOf<typeof registerBrokerRecord>;
export type RegisterBrokerRecordInput = MessageInputOf<typeof registerBrokerRecord>;

export const unregisterBrokerRecord = message({
  name: 'UnregisterBrokerRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
  },
});
export type UnregisterBrokerRecord = MessageOf<typeof unregisterBrokerRecord>;
export type UnregisterBrokerRecordInput = MessageInputOf<typeof unregisterBrokerRecord>;

export const fenceBrokerRecord = message({
  name: 'FenceBrokerRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    id: int32(),
    epoch: int64(),
  },
});
export type FenceBrokerRecord = MessageOf<typeof fenceBrokerRecord>;
export type FenceBrokerRecordInput = MessageInputOf<typeof fenceBrokerRecord>;

export const unfenceBrokerRecord = message({
  name: 'UnfenceBrokerRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    id: int32(),
    epoch: int64(),
  },
});
export type UnfenceBrokerRecord = MessageOf<typeof unfenceBrokerRecord>;
export type UnfenceBrokerRecordInput = MessageInputOf<typeof unfenceBrokerRecord>;

export const brokerRegistrationChangeRecord = message({
  name: 'BrokerRegistrationChangeRecord',
  type: 'data',
  versions: [0, 3],
  flexibleSince: 0,
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
    /** -1: no more; 0: as before; 1: from now on. */
    fenced: int8({ tag: 0 }),
    inControlledShutdown: int8({ since: 1, tag: 1 }),
    logDirs: array(uuid(), { since: 2, tag: 2 }),
    cordonedLogDirs: array(uuid(), { since: 3, nullableSince: 3, tag: 3, default: null }),
  },
});
export type BrokerRegistrationChangeRecord = MessageOf<typeof brokerRegistrationChangeRecord>;
export type BrokerRegistrationChangeRecordInput = MessageInputOf<typeof brokerRegistrationChangeRecord>;

const controllerEndpoint = struct('ControllerEndpoint', {
  name: string(),
  host: string(),
  port: uint16(),
  securityProtocol: int16(),
});

const controllerFeature = struct('ControllerFeature', {
  name: string(),
  minSupportedVersion: int16(),
  maxSupportedVersion: int16(),
});

export const registerControllerRecord = message({
  name: 'RegisterControllerRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    endPoints: array(controllerEndpoint),
    features: array(controllerFeature),
  },
});
export type RegisterControllerRecord = MessageOf<typeof registerControllerRecord>;
export type RegisterControllerRecordInput = MessageInputOf<typeof registerControllerRecord>;

export const unregisterControllerRecord = message({
  name: 'UnregisterControllerRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    controllerId: int32(),
  },
});
export type UnregisterControllerRecord = MessageOf<typeof unregisterControllerRecord>;
export type UnregisterControllerRecordInput = MessageInputOf<typeof unregisterControllerRecord>;
