// Decides how a record of the cluster metadata log lies in its bytes: Kafka's frame (frame version, record key, version), then a message.
import { ByteReader, MalformedBytesError } from '../../foundation/byte-reader.js';
import { ByteWriter } from '../../foundation/byte-writer.js';
import { codecFor } from '../codec/codec.js';
import { MalformedMessageError } from '../codec/errors.js';
import type { Message, MessageInputOf, MessageOf } from '../schema/message.js';
import {
  brokerRegistrationChangeRecord,
  fenceBrokerRecord,
  registerBrokerRecord,
  registerControllerRecord,
  unfenceBrokerRecord,
  unregisterBrokerRecord,
  unregisterControllerRecord,
} from './broker-records.js';
import {
  abortTransactionRecord,
  beginTransactionRecord,
  clientQuotaRecord,
  configRecord,
  endTransactionRecord,
  featureLevelRecord,
  noOpRecord,
  producerIdsRecord,
} from './cluster-records.js';
import {
  accessControlEntryRecord,
  removeAccessControlEntryRecord,
  removeUserScramCredentialRecord,
  userScramCredentialRecord,
} from './security-records.js';
import {
  clearElrRecord,
  partitionChangeRecord,
  partitionRecord,
  removeTopicRecord,
  topicRecord,
} from './topic-records.js';

/**
 * Each kind of record with its key in the frame and the version that is written unless the record names one.
 * Versions above are for features that a cluster must have finalized first: directories of replicas (partitions from 1, registrations from
 * RegisterBroker 3 and BrokerRegistrationChange 2), eligible leader replicas (2), cordoned directories (the newest of both registrations).
 * Without a schema are the records of delegation tokens (10, 26) and of the way out of ZooKeeper (21).
 */
const kinds = {
  registerBroker: { key: 0, message: registerBrokerRecord, version: 3 },
  unregisterBroker: { key: 1, message: unregisterBrokerRecord, version: 0 },
  topic: { key: 2, message: topicRecord, version: 0 },
  partition: { key: 3, message: partitionRecord, version: 0 },
  config: { key: 4, message: configRecord, version: 0 },
  partitionChange: { key: 5, message: partitionChangeRecord, version: 0 },
  fenceBroker: { key: 7, message: fenceBrokerRecord, version: 0 },
  unfenceBroker: { key: 8, message: unfenceBrokerRecord, version: 0 },
  removeTopic: { key: 9, message: removeTopicRecord, version: 0 },
  userScramCredential: { key: 11, message: userScramCredentialRecord, version: 0 },
  featureLevel: { key: 12, message: featureLevelRecord, version: 0 },
  clientQuota: { key: 14, message: clientQuotaRecord, version: 0 },
  producerIds: { key: 15, message: producerIdsRecord, version: 0 },
  brokerRegistrationChange: { key: 17, message: brokerRegistrationChangeRecord, version: 2 },
  accessControlEntry: { key: 18, message: accessControlEntryRecord, version: 0 },
  removeAccessControlEntry: { key: 19, message: removeAccessControlEntryRecord, version: 0 },
  noOp: { key: 20, message: noOpRecord, version: 0 },
  removeUserScramCredential: { key: 22, message: removeUserScramCredentialRecord, version: 0 },
  beginTransaction: { key: 23, message: beginTransactionRecord, version: 0 },
  endTransaction: { key: 24, message: endTransactionRecord, version: 0 },
  abortTransaction: { key: 25, message: abortTransactionRecord, version: 0 },
  registerController: { key: 27, message: registerControllerRecord, version: 0 },
  clearElr: { key: 28, message: clearElrRecord, version: 0 },
  unregisterController: { key: 29, message: unregisterControllerRecord, version: 0 },
} as const;

type Kinds = typeof kinds;
export type MetadataRecordKind = keyof Kinds;

/** A record to be written. */
export type MetadataRecordInput = {
  [Kind in MetadataRecordKind]: {
    readonly kind: Kind;
    /** Absent: one that every Kafka 4 reads. */
    readonly version?: number;
    readonly body: MessageInputOf<Kinds[Kind]['message']>;
  };
}[MetadataRecordKind];

/** A record as it is read. */
export type MetadataRecord = {
  [Kind in MetadataRecordKind]: {
    readonly kind: Kind;
    readonly body: MessageOf<Kinds[Kind]['message']>;
  };
}[MetadataRecordKind];

const frameName = 'MetadataRecord';
const frameVersion = 1;
const kindByKey: (MetadataRecordKind | undefined)[] = [];
for (const kind of Object.keys(kinds) as MetadataRecordKind[]) {
  kindByKey[kinds[kind].key] = kind;
}

/** The value of the record in the log. Throws UnsupportedFieldError or InvalidFieldError. */
export function encodeMetadataRecord(record: MetadataRecordInput): Buffer {
  const { key, message, version: usual } = kinds[record.kind];
  const version = record.version ?? usual;
  const writer = new ByteWriter(256);
  writer.unsignedVarint(frameVersion);
  writer.unsignedVarint(key);
  writer.unsignedVarint(version);
  codecFor(message as Message, version).write(writer, record.body);
  return writer.finishAsBuffer();
}

/** Reads the value of a record; null for a kind that has no schema here. Throws MalformedMessageError. */
export function decodeMetadataRecord(value: Buffer): MetadataRecord | null {
  const reader = new ByteReader(value);
  const { key, version } = readFrame(reader);
  const kind = kindByKey[key];
  if (kind === undefined) {
    return null;
  }
  const message = kinds[kind].message as Message;
  const [first, last] = message.versions;
  if (version < first || version > last) {
    throw new MalformedMessageError(message.name, version, '', `versions ${first} to ${last} are known`);
  }
  return { kind, body: codecFor(message, version).read(reader) } as MetadataRecord;
}

function readFrame(reader: ByteReader): { key: number; version: number } {
  try {
    const frame = reader.unsignedVarint();
    if (frame !== frameVersion) {
      throw new MalformedMessageError(frameName, frame, '', `frame version ${frameVersion} is known`);
    }
    return { key: reader.unsignedVarint(), version: reader.unsignedVarint() };
  } catch (error) {
    if (error instanceof MalformedBytesError) {
      throw new MalformedMessageError(frameName, frameVersion, '', error.message);
    }
    throw error;
  }
}
