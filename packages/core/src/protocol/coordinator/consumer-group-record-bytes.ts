// Decides the bytes of the records of consumer groups (KIP-848): the key is its kind and a message, the value its version and a message.
import { ByteReader } from '../../foundation/byte-reader.js';
import { codecFor } from '../codec/codec.js';
import type { Message, MessageInputOf, MessageOf } from '../schema/message.js';
import { decodeVersioned, encodePrefixed, encodeVersioned, readPrefix } from '../versioned-message.js';
import {
  consumerGroupCurrentMemberAssignmentKey,
  consumerGroupCurrentMemberAssignmentValue,
  consumerGroupMemberMetadataKey,
  consumerGroupMemberMetadataValue,
  consumerGroupMetadataKey,
  consumerGroupMetadataValue,
  consumerGroupPartitionMetadataKey,
  consumerGroupPartitionMetadataValue,
  consumerGroupRegularExpressionKey,
  consumerGroupRegularExpressionValue,
  consumerGroupTargetAssignmentMemberKey,
  consumerGroupTargetAssignmentMemberValue,
  consumerGroupTargetAssignmentMetadataKey,
  consumerGroupTargetAssignmentMetadataValue,
} from './consumer-group-record.js';

/** Apache's CoordinatorRecordType of each record, with its messages. All are at version 0, keys and values. */
const kinds = {
  'consumer-group-metadata': {
    type: 3,
    key: consumerGroupMetadataKey,
    value: consumerGroupMetadataValue,
  },
  // Written up to Kafka 4.0; since then the group's metadata hash says the same (KIP-1101).
  'consumer-group-partition-metadata': {
    type: 4,
    key: consumerGroupPartitionMetadataKey,
    value: consumerGroupPartitionMetadataValue,
  },
  'consumer-group-member-metadata': {
    type: 5,
    key: consumerGroupMemberMetadataKey,
    value: consumerGroupMemberMetadataValue,
  },
  'consumer-group-target-assignment-metadata': {
    type: 6,
    key: consumerGroupTargetAssignmentMetadataKey,
    value: consumerGroupTargetAssignmentMetadataValue,
  },
  'consumer-group-target-assignment-member': {
    type: 7,
    key: consumerGroupTargetAssignmentMemberKey,
    value: consumerGroupTargetAssignmentMemberValue,
  },
  'consumer-group-current-member-assignment': {
    type: 8,
    key: consumerGroupCurrentMemberAssignmentKey,
    value: consumerGroupCurrentMemberAssignmentValue,
  },
  'consumer-group-regular-expression': {
    type: 16,
    key: consumerGroupRegularExpressionKey,
    value: consumerGroupRegularExpressionValue,
  },
} as const;

type Kinds = typeof kinds;
export type ConsumerGroupRecordKind = keyof Kinds;

const version = 0;
const kindByType: (ConsumerGroupRecordKind | undefined)[] = [];
for (const kind of Object.keys(kinds) as ConsumerGroupRecordKind[]) {
  kindByType[kinds[kind].type] = kind;
}

/** A record to be written; without a value it is a tombstone. */
export type ConsumerGroupRecordInput = {
  [Kind in ConsumerGroupRecordKind]: {
    readonly kind: Kind;
    readonly key: MessageInputOf<Kinds[Kind]['key']>;
    readonly value: MessageInputOf<Kinds[Kind]['value']> | null;
  };
}[ConsumerGroupRecordKind];

/** A record as it is read; without a value it is a tombstone. */
export type ConsumerGroupRecord = {
  [Kind in ConsumerGroupRecordKind]: {
    readonly kind: Kind;
    readonly key: MessageOf<Kinds[Kind]['key']>;
    readonly value: MessageOf<Kinds[Kind]['value']> | null;
  };
}[ConsumerGroupRecordKind];

/** Throws InvalidFieldError. */
export function encodeConsumerGroupRecord(record: ConsumerGroupRecordInput): {
  key: Buffer;
  value: Buffer | null;
} {
  const { type, key, value } = kinds[record.kind];
  return {
    key: encodePrefixed(type, key as Message, version, record.key),
    value: record.value === null ? null : encodeVersioned(value as Message, version, record.value),
  };
}

/** Null for a key that is of no consumer group. Buffers in the result are views of the value. Throws MalformedMessageError. */
export function decodeConsumerGroupRecord(key: Buffer, value: Buffer | null): ConsumerGroupRecord | null {
  const reader = new ByteReader(key);
  const kind = kindByType[readPrefix('CoordinatorRecordKey', reader)];
  if (kind === undefined) {
    return null;
  }
  return {
    kind,
    key: codecFor(kinds[kind].key as Message, version).read(reader),
    value: value === null ? null : decodeVersioned(kinds[kind].value as Message, value, 'refused'),
  } as ConsumerGroupRecord;
}
