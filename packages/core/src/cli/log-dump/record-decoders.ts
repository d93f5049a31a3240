// Decides how records of Kafka's own topics are shown: decoded, by what the topic is.
import { decodeSubscription, decodeAssignment } from '../../machines/consumer/consumer-protocol-payload.js';
import { decodeConsumerGroupRecord } from '../../protocol/coordinator/consumer-group-record-bytes.js';
import {
  decodeGroupMetadataValue,
  decodeGroupRecordKey,
  decodeOffsetCommitValue,
} from '../../protocol/coordinator/group-record.js';
import {
  decodeTransactionLogValue,
  decodeTransactionRecordKey,
} from '../../protocol/coordinator/transaction-record.js';
import { decodeMetadataRecord } from '../../protocol/metadata/metadata-records.js';
import { bytesField } from '../record-json.js';
import type { DumpFields } from './dump-sink.js';

export const decoderNames = ['auto', 'offsets', 'transactions', 'metadata', 'none'] as const;
export type DecoderName = (typeof decoderNames)[number];

/** Shows key and value; throws when they cannot be decoded. */
export type RecordDecoder = (key: Buffer | null, value: Buffer | null) => DumpFields;

export const showBytes: RecordDecoder = (key, value) => ({
  ...bytesField('key', key),
  ...bytesField('payload', value),
});

function decodedMembers(value: ReturnType<typeof decodeGroupMetadataValue>): DumpFields {
  if (value.protocolType !== 'consumer') return value;
  return {
    ...value,
    members: value.members.map((member) => ({
      ...member,
      subscription: member.subscription.length === 0 ? null : decodeSubscription(member.subscription),
      assignment: decodeAssignment(member.assignment),
    })),
  };
}

const showGroupRecord: RecordDecoder = (key, value) => {
  if (key === null) return showBytes(key, value);
  const record = decodeGroupRecordKey(key);
  if (record.kind === 'offset-commit') {
    return { key: { kind: record.kind, ...record.key }, payload: value && decodeOffsetCommitValue(value) };
  }
  if (record.kind === 'group-metadata') {
    const payload = value && decodedMembers(decodeGroupMetadataValue(value));
    return { key: { kind: record.kind, ...record.key }, payload };
  }
  const ofGroup = decodeConsumerGroupRecord(key, value);
  if (ofGroup !== null) return { key: { kind: ofGroup.kind, ...ofGroup.key }, payload: ofGroup.value };
  return { unknownKind: record.type, ...showBytes(key, value) };
};

const showTransactionRecord: RecordDecoder = (key, value) => {
  if (key === null) return showBytes(key, value);
  const record = decodeTransactionRecordKey(key);
  if (record.kind === 'unknown') return { unknownKind: record.type, ...showBytes(key, value) };
  return { key: record.key, payload: value && decodeTransactionLogValue(value) };
};

const showMetadataRecord: RecordDecoder = (key, value) => {
  const record = value === null ? null : decodeMetadataRecord(value);
  return record === null ? showBytes(key, value) : { payload: { kind: record.kind, ...record.body } };
};

/** `auto` looks at the directory, which Kafka names after topic and partition. Null: nothing to decode. */
export function decoderFor(name: DecoderName, directory: string): RecordDecoder | null {
  const topic = /^(.*)-\d+$/.exec(directory)?.[1];
  if (name === 'offsets' || (name === 'auto' && topic === '__consumer_offsets')) return showGroupRecord;
  if (name === 'transactions' || (name === 'auto' && topic === '__transaction_state'))
    return showTransactionRecord;
  if (name === 'metadata' || (name === 'auto' && topic === '__cluster_metadata')) return showMetadataRecord;
  return null;
}
