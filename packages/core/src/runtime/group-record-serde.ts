// Decides how the group machine's records lie in `__consumer_offsets` (C3).
import type { GroupRecord, GroupValue, OffsetValue } from '../machines/group/group-record.js';
import type { GroupMetadataValue } from '../protocol/coordinator/group-metadata-record.js';
import {
  decodeGroupMetadataValue,
  decodeGroupRecordKey,
  decodeOffsetCommitValue,
  encodeGroupMetadataKey,
  encodeGroupMetadataValue,
  encodeOffsetCommitKey,
  encodeOffsetCommitValue,
} from '../protocol/coordinator/group-record.js';
import type { OffsetCommitValue } from '../protocol/coordinator/offset-commit-record.js';
import { decodeConsumerRecord, encodeConsumerRecord } from './consumer-group-record-serde.js';
import type { CoordinatorSerde, DecodedRecord, EncodedRecord } from './coordinator-serde.js';

export const groupRecordSerde: CoordinatorSerde<GroupRecord> = {
  encode(record: GroupRecord): EncodedRecord {
    if (record.kind === 'group')
      return {
        key: encodeGroupMetadataKey({ group: record.groupId }),
        value: record.value === null ? null : groupValue(record.value),
      };
    if (record.kind !== 'offset') return encodeConsumerRecord(record);
    const { groupId, topic, partition, value } = record;
    return {
      key: encodeOffsetCommitKey({ group: groupId, topic, partition }),
      value: value === null ? null : offsetValue(value),
    };
  },

  decode(keyBytes: Buffer, valueBytes: Buffer | null): DecodedRecord<GroupRecord> {
    const key = decodeGroupRecordKey(keyBytes);
    switch (key.kind) {
      case 'offset-commit': {
        const value = valueBytes === null ? null : readOffset(decodeOffsetCommitValue(valueBytes));
        const { group: groupId, topic, partition } = key.key;
        return { kind: 'record', record: { kind: 'offset', groupId, topic, partition, value } };
      }
      case 'group-metadata': {
        const value = valueBytes === null ? null : readGroup(decodeGroupMetadataValue(valueBytes));
        return { kind: 'record', record: { kind: 'group', groupId: key.key.group, value } };
      }
      case 'unknown': {
        const record = decodeConsumerRecord(keyBytes, valueBytes);
        return record === null
          ? { kind: 'unknown', what: `records of type ${key.type}` }
          : { kind: 'record', record };
      }
    }
  },
};

function offsetValue(value: OffsetValue): Buffer {
  return encodeOffsetCommitValue({
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestamp: value.commitTimestampMs,
    expireTimestamp: value.expireTimestampMs,
  });
}

function groupValue(value: GroupValue): Buffer {
  return encodeGroupMetadataValue({
    protocolType: value.protocolType,
    generation: value.generation,
    protocol: value.protocol,
    leader: value.leader,
    currentStateTimestamp: value.currentStateTimestampMs,
    members: value.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: member.subscription,
      assignment: member.assignment,
    })),
  });
}

function readOffset(value: OffsetCommitValue): OffsetValue {
  return {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: value.expireTimestamp,
  };
}

/** Bytes are copied: they outlive the chunk of the log that they were read in. */
function readGroup(value: GroupMetadataValue): GroupValue {
  return {
    protocolType: value.protocolType,
    generation: value.generation,
    protocol: value.protocol,
    leader: value.leader,
    currentStateTimestampMs: value.currentStateTimestamp,
    members: value.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeout < 0 ? member.sessionTimeout : member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      subscription: Buffer.from(member.subscription),
      assignment: Buffer.from(member.assignment),
    })),
  };
}
