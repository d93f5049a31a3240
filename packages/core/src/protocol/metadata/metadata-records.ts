// Decides how a record of the cluster metadata log lies in its bytes: Kafka's frame (frame version, record key, version), then a message.
import { ByteReader, MalformedBytesError } from '../../foundation/byte-reader.js';
import { ByteWriter } from '../../foundation/byte-writer.js';
import { codecFor } from '../codec/codec.js';
import { array, int16, int32, int64, int8, string, uuid } from '../schema/field.js';
import { message, type Message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const featureLevelRecord = message({
  name: 'FeatureLevelRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: { name: string(), featureLevel: int16() },
});

const topicRecord = message({
  name: 'TopicRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: { name: string(), topicId: uuid() },
});

const partitionRecord = message({
  name: 'PartitionRecord',
  type: 'data',
  versions: [0, 2],
  flexibleSince: 0,
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    replicas: array(int32()),
    isr: array(int32()),
    removingReplicas: array(int32()),
    addingReplicas: array(int32()),
    leader: int32({ default: -1 }),
    leaderRecoveryState: int8({ tag: 0, default: 0 }),
    leaderEpoch: int32({ default: -1 }),
    partitionEpoch: int32({ default: -1 }),
    directories: array(uuid(), { since: 1 }),
    eligibleLeaderReplicas: array(int32(), { since: 2, nullableSince: 2, tag: 1, default: null }),
    lastKnownElr: array(int32(), { since: 2, nullableSince: 2, tag: 2, default: null }),
  },
});

const configRecord = message({
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

const removeTopicRecord = message({
  name: 'RemoveTopicRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: { topicId: uuid() },
});

const producerIdsRecord = message({
  name: 'ProducerIdsRecord',
  type: 'data',
  versions: [0, 0],
  flexibleSince: 0,
  fields: { brokerId: int32(), brokerEpoch: int64({ default: -1 }), nextProducerId: int64() },
});

/** Each kind of record with its key in the frame and the version that is written. */
const kinds = {
  topic: { key: 2, message: topicRecord, version: 0 },
  partition: { key: 3, message: partitionRecord, version: 0 },
  config: { key: 4, message: configRecord, version: 0 },
  removeTopic: { key: 9, message: removeTopicRecord, version: 0 },
  featureLevel: { key: 12, message: featureLevelRecord, version: 0 },
  producerIds: { key: 15, message: producerIdsRecord, version: 0 },
} as const;

type Kinds = typeof kinds;
type Kind = keyof Kinds;

/** A record to be written. */
export type MetadataRecordInput = {
  [K in Kind]: { readonly kind: K; readonly body: MessageInputOf<Kinds[K]['message']> };
}[Kind];

/** A record as it is read. */
export type MetadataRecord = {
  [K in Kind]: { readonly kind: K; readonly body: MessageOf<Kinds[K]['message']> };
}[Kind];

const frameVersion = 1;
const kindByKey = new Map<number, Kind>(
  (Object.keys(kinds) as Kind[]).map((kind) => [kinds[kind].key, kind] as const),
);

/** The value of the record in the log. */
export function encodeMetadataRecord(record: MetadataRecordInput): Buffer {
  const { key, message: schema, version } = kinds[record.kind];
  const writer = new ByteWriter(256);
  writer.unsignedVarint(frameVersion);
  writer.unsignedVarint(key);
  writer.unsignedVarint(version);
  codecFor(schema as Message, version).write(writer, record.body);
  return writer.finishAsBuffer();
}

/** Reads the value of a record; null for a kind that is not kept. Throws MalformedBytesError or MalformedMessageError. */
export function decodeMetadataRecord(value: Buffer): MetadataRecord | null {
  const reader = new ByteReader(value);
  const frame = reader.unsignedVarint();
  if (frame !== frameVersion) throw new MalformedBytesError(`metadata frame version ${frame} is unknown`);
  const kind = kindByKey.get(reader.unsignedVarint());
  const version = reader.unsignedVarint();
  if (kind === undefined) return null;
  const body = codecFor(kinds[kind].message as Message, version).read(reader);
  return { kind, body } as MetadataRecord;
}
