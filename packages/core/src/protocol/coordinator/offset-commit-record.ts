// Decides the records of committed offsets in __consumer_offsets.
import { int32, int64, string, uuid } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const offsetCommitKey = message({
  name: 'OffsetCommitKey',
  type: 'data',
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});
export type OffsetCommitKey = MessageOf<typeof offsetCommitKey>;
export type OffsetCommitKeyInput = MessageInputOf<typeof offsetCommitKey>;

export const offsetCommitValue = message({
  name: 'OffsetCommitValue',
  type: 'data',
  versions: [0, 4],
  flexibleSince: 4,
  fields: {
    offset: int64(),
    leaderEpoch: int32({ since: 3, default: -1, ignorable: true }),
    metadata: string(),
    commitTimestamp: int64(),
    expireTimestamp: int64({ since: 1, until: 1, default: -1, ignorable: true }),
    topicId: uuid({ since: 4, tag: 0, ignorable: true }),
  },
});
export type OffsetCommitValue = MessageOf<typeof offsetCommitValue>;
export type OffsetCommitValueInput = MessageInputOf<typeof offsetCommitValue>;

export const legacyOffsetCommitKey = message({
  name: 'LegacyOffsetCommitKey',
  type: 'data',
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    group: string(),
    topic: string(),
    partition: int32(),
  },
});
export type LegacyOffsetCommitKey = MessageOf<typeof legacyOffsetCommitKey>;
export type LegacyOffsetCommitKeyInput = MessageInputOf<typeof legacyOffsetCommitKey>;

export const legacyOffsetCommitValue = message({
  name: 'LegacyOffsetCommitValue',
  type: 'data',
  versions: [0, 0],
  flexibleSince: null,
  fields: {
    offset: int64(),
    metadata: string(),
    commitTimestamp: int64(),
  },
});
export type LegacyOffsetCommitValue = MessageOf<typeof legacyOffsetCommitValue>;
export type LegacyOffsetCommitValueInput = MessageInputOf<typeof legacyOffsetCommitValue>;
