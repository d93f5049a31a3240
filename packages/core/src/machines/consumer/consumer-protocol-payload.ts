// Decides the bytes that members of a consumer group exchange: an int16 version, then the message in that version.
import { ByteReader } from '../../foundation/byte-reader.js';
import { ByteWriter } from '../../foundation/byte-writer.js';
import { codecFor } from '../../protocol/codec/codec.js';
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../../protocol/messages/consumer-protocol.js';
import type { MemberAssignment } from './assignors/assignor.js';
import { compareTopicPartitions, groupByTopic, type TopicPartition } from './topic-partition.js';

const newestVersion = 3;

export interface MemberSubscription {
  readonly topics: readonly string[];
  readonly userData: Buffer | null;
  readonly ownedPartitions: readonly TopicPartition[];
  readonly generationId: number;
  readonly rackId: string | null;
}

/** Topics and owned partitions are sorted, as Java's consumer does: an unchanged member then sends unchanged bytes (C9). */
export function encodeSubscription(subscription: MemberSubscription): Buffer {
  const owned = [...subscription.ownedPartitions].sort(compareTopicPartitions);
  const writer = startPayload();
  codecFor(consumerProtocolSubscription, newestVersion).write(writer, {
    topics: [...subscription.topics].sort(),
    userData: subscription.userData,
    ownedPartitions: toWire(owned),
    generationId: subscription.generationId,
    rackId: subscription.rackId,
  });
  return writer.finishAsBuffer();
}

export function decodeSubscription(metadata: Buffer): MemberSubscription {
  const reader = new ByteReader(metadata);
  const message = codecFor(consumerProtocolSubscription, readableVersion(reader)).read(reader);
  return {
    topics: message.topics,
    userData: message.userData,
    ownedPartitions: fromWire(message.ownedPartitions),
    generationId: message.generationId,
    rackId: message.rackId,
  };
}

export function encodeAssignment(assignment: MemberAssignment): Buffer {
  const writer = startPayload();
  codecFor(consumerProtocolAssignment, newestVersion).write(writer, {
    assignedPartitions: toWire(assignment.partitions),
    userData: assignment.userData,
  });
  return writer.finishAsBuffer();
}

/** A member that the leader left out gets no bytes at all, and no partitions. */
export function decodeAssignment(bytes: Buffer): MemberAssignment {
  if (bytes.length === 0) return { partitions: [], userData: null };
  const reader = new ByteReader(bytes);
  const message = codecFor(consumerProtocolAssignment, readableVersion(reader)).read(reader);
  return { partitions: fromWire(message.assignedPartitions), userData: message.userData };
}

function startPayload(): ByteWriter {
  const writer = new ByteWriter(1024);
  writer.int16(newestVersion);
  return writer;
}

/** Newer versions only add fields at the end, so they are read as the newest one that is known here. */
function readableVersion(reader: ByteReader): number {
  return Math.max(0, Math.min(newestVersion, reader.int16()));
}

interface WireTopic {
  readonly topic: string;
  readonly partitions: readonly number[];
}

function toWire(partitions: readonly TopicPartition[]): WireTopic[] {
  return [...groupByTopic(partitions)].map(([topic, numbers]) => ({ topic, partitions: numbers }));
}

function fromWire(topics: readonly WireTopic[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}
