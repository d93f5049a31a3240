// Decides how an OffsetDelete request becomes a deletion for the group machine, and its result the response (C17).
import type { OffsetDeletion, OffsetToDelete } from '../machines/group/group-deletion.js';
import { ErrorCode } from '../protocol/errors.js';
import type {
  OffsetDeleteRequest,
  OffsetDeleteResponseInput,
} from '../protocol/messages/47-offset-delete.js';
import type { TopicResolver } from './group-topics.js';

interface PartitionResult {
  readonly partitionIndex: number;
  errorCode: number;
}

export interface PreparedDeletion {
  readonly offsets: readonly OffsetToDelete[];
  /** One per offset, in their order. */
  readonly results: readonly PartitionResult[];
  readonly topics: OffsetDeleteResponseInput['topics'];
}

/** Topics that do not exist are refused one by one; the rest goes to the group. */
export function prepareDeletion(request: OffsetDeleteRequest, resolver: TopicResolver): PreparedDeletion {
  const offsets: OffsetToDelete[] = [];
  const results: PartitionResult[] = [];
  const topics = request.topics.map(({ name, partitions }) => {
    const isKnown = resolver.topicByName(name) !== undefined;
    return {
      name,
      partitions: partitions.map(({ partitionIndex }) => {
        const errorCode = isKnown ? ErrorCode.NONE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        const result: PartitionResult = { partitionIndex, errorCode };
        if (isKnown) {
          results.push(result);
          offsets.push({ topic: name, partition: partitionIndex });
        }
        return result;
      }),
    };
  });
  return { offsets, results, topics };
}

export function deletionResponse(
  { results, topics }: PreparedDeletion,
  deletion: OffsetDeletion,
): OffsetDeleteResponseInput {
  if (deletion.kind === 'refused') return { errorCode: deletion.errorCode, throttleTimeMs: 0, topics: [] };
  results.forEach((result, index) => {
    result.errorCode = deletion.errorCodes[index] ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  });
  return { errorCode: ErrorCode.NONE, throttleTimeMs: 0, topics };
}
