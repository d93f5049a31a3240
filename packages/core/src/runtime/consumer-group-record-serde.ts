// Decides how the machine's records of consumer groups lie in `__consumer_offsets` (C3, types 3 to 8 and 16).
import {
  assignmentOf,
  topicPartitionsOf,
  type OwnedPartitions,
} from '../machines/group/consumer/assignment.js';
import type { ConsumerGroupRecord } from '../machines/group/consumer/consumer-group-record.js';
import type {
  CurrentAssignment,
  MemberMetadata,
  MemberState,
} from '../machines/group/consumer/consumer-member.js';
import { MalformedMessageError } from '../protocol/codec/errors.js';
import { consumerGroupEpochValue } from '../protocol/coordinator/consumer-group-epoch.js';
import {
  consumerGroupMetadataValue,
  type ConsumerGroupCurrentMemberAssignmentValue,
  type ConsumerGroupCurrentMemberAssignmentValueInput,
  type ConsumerGroupMemberMetadataValue,
  type ConsumerGroupMemberMetadataValueInput,
} from '../protocol/coordinator/consumer-group-record.js';
import {
  decodeConsumerGroupRecord,
  encodeConsumerGroupRecord,
  type ConsumerGroupRecord as StoredRecord,
  type ConsumerGroupRecordInput,
} from '../protocol/coordinator/consumer-group-record-bytes.js';
import { decodeVersioned } from '../protocol/versioned-message.js';
import type { EncodedRecord } from './coordinator-serde.js';

/** Kafka's numbers of the states. */
const states: readonly MemberState[] = ['stable', 'unrevoked-partitions', 'unreleased-partitions'];
const unknownState = 127;

export function encodeConsumerRecord(record: ConsumerGroupRecord): EncodedRecord {
  return encodeConsumerGroupRecord(stored(record));
}

/** Null for a key that is of no consumer group. */
export function decodeConsumerRecord(key: Buffer, value: Buffer | null): ConsumerGroupRecord | null {
  const keyOnly = decodeConsumerGroupRecord(key, null);
  if (keyOnly?.kind === 'consumer-group-metadata' && value !== null)
    return { kind: 'consumer-group', groupId: keyOnly.key.groupId, value: readEpoch(value) };
  const record = decodeConsumerGroupRecord(key, value);
  return record === null ? null : read(record);
}

/** A hash of Kafka's is beyond our numbers and read as none. Throws MalformedMessageError. */
function readEpoch(value: Buffer): { epoch: number; metadataHash: number } {
  try {
    return decodeVersioned(consumerGroupMetadataValue, value, 'refused');
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
    const { epoch } = decodeVersioned(consumerGroupEpochValue, value, 'refused');
    return { epoch, metadataHash: 0 };
  }
}

function stored(record: ConsumerGroupRecord): ConsumerGroupRecordInput {
  const { groupId } = record;
  switch (record.kind) {
    case 'consumer-group':
      return { kind: 'consumer-group-metadata', key: { groupId }, value: record.value };
    case 'consumer-topics':
      return { kind: 'consumer-group-partition-metadata', key: { groupId }, value: null };
    case 'consumer-member':
      return {
        kind: 'consumer-group-member-metadata',
        key: { groupId, memberId: record.memberId },
        value: record.value && storedMember(record.value),
      };
    case 'target-epoch':
      return {
        kind: 'consumer-group-target-assignment-metadata',
        key: { groupId },
        value: record.value && {
          assignmentEpoch: record.value.epoch,
          assignmentTimestamp: record.value.timestampMs,
        },
      };
    case 'member-target':
      return {
        kind: 'consumer-group-target-assignment-member',
        key: { groupId, memberId: record.memberId },
        value: record.value && { topicPartitions: topicPartitionsOf(record.value) },
      };
    case 'member-current':
      return {
        kind: 'consumer-group-current-member-assignment',
        key: { groupId, memberId: record.memberId },
        value: record.value && storedCurrent(record.value),
      };
    case 'regex':
      return {
        kind: 'consumer-group-regular-expression',
        key: { groupId, regularExpression: record.regex },
        value: record.value && {
          topics: record.value.topics,
          version: record.value.topicsVersion,
          timestamp: record.value.timestampMs,
        },
      };
  }
}

function read({ kind, key, value }: StoredRecord): ConsumerGroupRecord {
  const { groupId } = key;
  switch (kind) {
    case 'consumer-group-metadata':
      return { kind: 'consumer-group', groupId, value };
    case 'consumer-group-partition-metadata':
      return { kind: 'consumer-topics', groupId, value: value === null ? null : 'superseded' };
    case 'consumer-group-member-metadata':
      return { kind: 'consumer-member', groupId, memberId: key.memberId, value: value && readMember(value) };
    case 'consumer-group-target-assignment-metadata':
      return {
        kind: 'target-epoch',
        groupId,
        value: value && { epoch: value.assignmentEpoch, timestampMs: value.assignmentTimestamp },
      };
    case 'consumer-group-target-assignment-member':
      return {
        kind: 'member-target',
        groupId,
        memberId: key.memberId,
        value: value && assignmentOf(value.topicPartitions),
      };
    case 'consumer-group-current-member-assignment':
      return { kind: 'member-current', groupId, memberId: key.memberId, value: value && readCurrent(value) };
    case 'consumer-group-regular-expression':
      return {
        kind: 'regex',
        groupId,
        regex: key.regularExpression,
        value: value && {
          topics: value.topics,
          topicsVersion: value.version,
          timestampMs: value.timestamp,
        },
      };
  }
}

function storedMember(member: MemberMetadata): ConsumerGroupMemberMetadataValueInput {
  const { classic, ...metadata } = member;
  return {
    ...metadata,
    classicMemberMetadata: classic && {
      sessionTimeoutMs: classic.sessionTimeoutMs,
      supportedProtocols: classic.protocols,
    },
  };
}

/** Bytes are copied: they outlive the chunk of the log that they were read in. */
function readMember(value: ConsumerGroupMemberMetadataValue): MemberMetadata {
  const { classicMemberMetadata: classic, subscribedTopicRegex, ...metadata } = value;
  return {
    ...metadata,
    subscribedTopicRegex: subscribedTopicRegex ?? '',
    classic: classic && {
      sessionTimeoutMs: classic.sessionTimeoutMs,
      protocols: classic.supportedProtocols.map((protocol) => ({
        name: protocol.name,
        metadata: Buffer.from(protocol.metadata),
      })),
    },
  };
}

function storedCurrent(current: CurrentAssignment): ConsumerGroupCurrentMemberAssignmentValueInput {
  const state = states.indexOf(current.state);
  return {
    memberEpoch: current.memberEpoch,
    previousMemberEpoch: current.previousMemberEpoch,
    state: state < 0 ? unknownState : state,
    assignedPartitions: storedOwned(current.assigned),
    partitionsPendingRevocation: storedOwned(current.pendingRevocation),
  };
}

function readCurrent(value: ConsumerGroupCurrentMemberAssignmentValue): CurrentAssignment {
  return {
    memberEpoch: value.memberEpoch,
    previousMemberEpoch: value.previousMemberEpoch,
    state: states[value.state] ?? 'unknown',
    assigned: readOwned(value.assignedPartitions, value.memberEpoch),
    pendingRevocation: readOwned(value.partitionsPendingRevocation, value.memberEpoch),
  };
}

type StoredOwned = ConsumerGroupCurrentMemberAssignmentValue['assignedPartitions'];

function storedOwned(owned: OwnedPartitions): StoredOwned {
  return topicPartitionsOf(owned).map(({ topicId, partitions }) => ({
    topicId,
    partitions: [...partitions],
    assignmentEpochs: partitions.map((partition) => owned.get(topicId)?.get(partition) ?? 0),
  }));
}

/** Before Kafka 4.3 there were no epochs of partitions: the member's own is the latest that it can be. */
function readOwned(stored: StoredOwned, memberEpoch: number): OwnedPartitions {
  const owned = new Map<string, Map<number, number>>();
  for (const { topicId, partitions, assignmentEpochs } of stored) {
    if (partitions.length === 0) continue;
    const epochs = owned.get(topicId) ?? new Map<number, number>();
    partitions.forEach((partition, index) => epochs.set(partition, assignmentEpochs?.[index] ?? memberEpoch));
    owned.set(topicId, epochs);
  }
  return owned;
}
