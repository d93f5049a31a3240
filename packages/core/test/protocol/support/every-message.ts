// Decides which messages the codec tests run over: every schema of the protocol, and one that has every kind of field.
import { apis } from '../../../src/protocol/api-keys.js';
import * as consumerGroupRecords from '../../../src/protocol/coordinator/consumer-group-record.js';
import * as groupMetadataRecords from '../../../src/protocol/coordinator/group-metadata-record.js';
import * as offsetCommitRecords from '../../../src/protocol/coordinator/offset-commit-record.js';
import * as transactionLogRecords from '../../../src/protocol/coordinator/transaction-log-record.js';
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../../../src/protocol/messages/consumer-protocol.js';
import { requestHeader, responseHeader } from '../../../src/protocol/messages/header.js';
import * as brokerRecords from '../../../src/protocol/metadata/broker-records.js';
import * as clusterRecords from '../../../src/protocol/metadata/cluster-records.js';
import * as securityRecords from '../../../src/protocol/metadata/security-records.js';
import * as topicRecords from '../../../src/protocol/metadata/topic-records.js';
import {
  array,
  bool,
  bytes,
  float64,
  int16,
  int32,
  int64,
  int8,
  records,
  string,
  struct,
  structField,
  uint16,
  uint32,
  uuid,
} from '../../../src/protocol/schema/field.js';
import { message, type Message } from '../../../src/protocol/schema/message.js';

const leaf = struct('Leaf', {
  name: string(),
  weight: float64({ since: 1, ignorable: true }),
  colour: string({ since: 2, tag: 0, nullableSince: 2, default: null }),
});

const branch = struct('Branch', {
  leaves: array(leaf, { nullableSince: 1 }),
  length: uint32(),
  thickness: uint16({ default: 7 }),
});

/** Every kind of field, nullable and not, in the fixed part and tagged; versions 2 and 3 are flexible. */
export const everyField = message({
  name: 'EveryField',
  type: 'data',
  versions: [0, 3],
  flexibleSince: 2,
  fields: {
    truth: bool({ default: true }),
    small: int8(),
    middle: int16(),
    plain: int32(),
    wide: int64({ default: -1 }),
    id: uuid(),
    onlyInVersionOne: int32({ since: 1, until: 1, default: 5 }),
    blob: bytes(),
    nullableBlob: bytes({ nullableSince: 1 }),
    batches: records({ nullableSince: 0 }),
    strictBatches: records({ since: 1 }),
    nullableText: string({ nullableSince: 0, default: null }),
    oldText: string({ nullableSince: 0, flexible: 'never' }),
    branch: structField(branch),
    nullableBranch: structField(branch, { since: 1, nullableSince: 2 }),
    branches: array(branch),
    numbers: array(int64()),
    flags: array(bool(), { nullableSince: 0 }),
    ids: array(uuid(), { since: 1, ignorable: true }),
    texts: array(string()),
    taggedNumber: int64({ since: 2, tag: 3, default: -1 }),
    taggedText: string({ since: 2, tag: 1, ignorable: true }),
    taggedBlob: bytes({ since: 2, nullableSince: 2, tag: 200 }),
    taggedRecords: records({ since: 2, nullableSince: 2, tag: 300 }),
    taggedFixed: structField(struct('Fixed', { left: int16({ default: 1 }), right: bool() }), {
      since: 3,
      tag: 2,
    }),
    taggedBranch: structField(branch, { since: 2, tag: 4 }),
    taggedNullableBranch: structField(branch, { since: 3, nullableSince: 3, tag: 5, default: null }),
    taggedNullableLeaf: structField(leaf, { since: 2, nullableSince: 3, tag: 9 }),
    taggedLeaves: array(leaf, { since: 2, tag: 0, nullableSince: 2, default: null }),
    taggedNumbers: array(int32(), { since: 2, tag: 6, ignorable: true }),
    taggedTruth: bool({ since: 2, tag: 7 }),
    taggedId: uuid({ since: 2, tag: 8 }),
  },
});

/** Every record of the cluster metadata log. */
export const metadataRecords = [topicRecords, brokerRecords, clusterRecords, securityRecords].flatMap(
  messagesOf,
);

/** Every message that has a counterpart in Apache's definitions. */
export const apacheMessages: readonly Message[] = [
  ...Object.values(apis).flatMap(({ request, response }) => [request, response]),
  requestHeader as Message,
  responseHeader as Message,
  consumerProtocolSubscription as Message,
  consumerProtocolAssignment as Message,
  ...[offsetCommitRecords, groupMetadataRecords, consumerGroupRecords, transactionLogRecords].flatMap(
    messagesOf,
  ),
  ...metadataRecords,
];

function messagesOf(module: object): Message[] {
  return Object.values(module) as Message[];
}

/** Every message and version that the differential tests hold. */
export const everyMessageVersion: readonly (readonly [message: Message, version: number])[] = [
  ...apacheMessages,
  everyField as Message,
].flatMap((each) => versionsOf(each).map((version) => [each, version] as const));

export function versionsOf({ versions: [first, last] }: Message): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
