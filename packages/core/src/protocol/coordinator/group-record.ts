// Decides the bytes of a record in __consumer_offsets: the key is its kind and a message, the value its version and a message.
import { ByteReader } from '../../foundation/byte-reader.js';
import { zeroUuid } from '../../foundation/uuid.js';
import { codecFor } from '../codec/codec.js';
import { decodeVersioned, encodePrefixed, encodeVersioned, readPrefix } from '../versioned-message.js';
import {
  groupMetadataKey,
  groupMetadataValue,
  type GroupMetadataKey,
  type GroupMetadataKeyInput,
  type GroupMetadataValue,
  type GroupMetadataValueInput,
} from './group-metadata-record.js';
import {
  legacyOffsetCommitKey,
  offsetCommitKey,
  offsetCommitValue,
  type OffsetCommitKey,
  type OffsetCommitKeyInput,
  type OffsetCommitValue,
  type OffsetCommitValueInput,
} from './offset-commit-record.js';

/** Apache's CoordinatorRecordType: the int16 in front of a key. */
const kinds = { legacyOffsetCommit: 0, offsetCommit: 1, groupMetadata: 2 } as const;

const keyVersion = 0;
const groupMetadataVersion = 3;

/** What a record is about. Kinds that have no schema here (those of newer group types) are `unknown`, to be skipped. */
export type GroupRecordKey =
  | { readonly kind: 'offset-commit'; readonly key: OffsetCommitKey }
  | { readonly kind: 'group-metadata'; readonly key: GroupMetadataKey }
  | { readonly kind: 'unknown'; readonly type: number };

export function encodeOffsetCommitKey(key: OffsetCommitKeyInput): Buffer {
  return encodePrefixed(kinds.offsetCommit, offsetCommitKey, keyVersion, key);
}

/** Version 1 where the offset has a time to expire at, as only that one can say so; 4 where it has a topic id; 3 otherwise (C3). */
export function encodeOffsetCommitValue(value: OffsetCommitValueInput): Buffer {
  return encodeVersioned(offsetCommitValue, offsetCommitVersion(value), value);
}

function offsetCommitVersion({ expireTimestamp = -1, topicId = zeroUuid }: OffsetCommitValueInput): number {
  if (expireTimestamp !== -1) {
    return 1;
  }
  return topicId === zeroUuid ? 3 : 4;
}

export function encodeGroupMetadataKey(key: GroupMetadataKeyInput): Buffer {
  return encodePrefixed(kinds.groupMetadata, groupMetadataKey, keyVersion, key);
}

export function encodeGroupMetadataValue(value: GroupMetadataValueInput): Buffer {
  return encodeVersioned(groupMetadataValue, groupMetadataVersion, value);
}

/** Throws MalformedMessageError. */
export function decodeGroupRecordKey(bytes: Buffer): GroupRecordKey {
  const reader = new ByteReader(bytes);
  const type = readPrefix('CoordinatorRecordKey', reader);
  switch (type) {
    case kinds.legacyOffsetCommit:
      return { kind: 'offset-commit', key: codecFor(legacyOffsetCommitKey, keyVersion).read(reader) };
    case kinds.offsetCommit:
      return { kind: 'offset-commit', key: codecFor(offsetCommitKey, keyVersion).read(reader) };
    case kinds.groupMetadata:
      return { kind: 'group-metadata', key: codecFor(groupMetadataKey, keyVersion).read(reader) };
    default:
      return { kind: 'unknown', type };
  }
}

/** Throws MalformedMessageError. */
export function decodeOffsetCommitValue(bytes: Buffer): OffsetCommitValue {
  return decodeVersioned(offsetCommitValue, bytes, 'refused');
}

/** Throws MalformedMessageError. */
export function decodeGroupMetadataValue(bytes: Buffer): GroupMetadataValue {
  return decodeVersioned(groupMetadataValue, bytes, 'refused');
}
