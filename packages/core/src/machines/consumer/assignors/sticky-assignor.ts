// Decides the `sticky` assignment of eager groups: members tell in their user data what they had before they gave it up (KIP-54).
import { ByteReader } from '../../../foundation/byte-reader.js';
import { ByteWriter } from '../../../foundation/byte-writer.js';
import { groupByTopic, type TopicPartition } from '../topic-partition.js';
import type { GroupMember, MemberAssignment, PartitionAssignor } from './assignor.js';
import { assignSticky, type PreviousOwnership } from './sticky-assignment.js';

const nothingBefore: PreviousOwnership = { partitions: [], generationId: -1 };

export class StickyAssignor implements PartitionAssignor {
  readonly name = 'sticky';
  readonly supportedProtocols = ['eager'] as const;
  #previous: PreviousOwnership | null = null;

  subscriptionUserData(): Buffer | null {
    return this.#previous === null ? null : encodeOwnership(this.#previous);
  }

  onAssignment({ partitions }: MemberAssignment, generationId: number): void {
    this.#previous = { partitions, generationId };
  }

  assign(
    partitionCounts: ReadonlyMap<string, number>,
    members: readonly GroupMember[],
  ): Map<string, MemberAssignment> {
    const { partitions } = assignSticky(partitionCounts, members, ({ userData }) =>
      userData === null ? nothingBefore : decodeOwnership(userData),
    );
    return new Map(
      [...partitions].map(([memberId, assigned]) => [memberId, { partitions: assigned, userData: null }]),
    );
  }
}

/** As Java's assignor writes it: an array of topics with their partitions, then the generation. */
export function encodeOwnership({ partitions, generationId }: PreviousOwnership): Buffer {
  const topics = [...groupByTopic(partitions)];
  const writer = new ByteWriter();
  writer.int32(topics.length);
  for (const [topic, numbers] of topics) {
    writer.string(topic);
    writer.int32(numbers.length);
    for (const number of numbers) writer.int32(number);
  }
  writer.int32(generationId);
  return writer.finishAsBuffer();
}

/** What cannot be read counts for nothing: the member then keeps what chance gives it. Versions before the generation have none. */
export function decodeOwnership(bytes: Buffer): PreviousOwnership {
  try {
    const reader = new ByteReader(bytes);
    const partitions: TopicPartition[] = [];
    for (let topics = reader.int32(); topics > 0; topics--) {
      const topic = reader.utf8(reader.int16());
      for (let count = reader.int32(); count > 0; count--)
        partitions.push({ topic, partition: reader.int32() });
    }
    return { partitions, generationId: reader.remaining >= 4 ? reader.int32() : -1 };
  } catch {
    return nothingBefore;
  }
}
