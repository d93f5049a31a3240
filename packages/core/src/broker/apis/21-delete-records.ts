// DeleteRecords, key 21, versions 0 to 2.
//
// Readers of a partition begin at the offset from now on, -1 for the high watermark (L27): outside of what there is OFFSET_OUT_OF_RANGE, a
// topic that is only compacted POLICY_VIOLATION, the broker's own topics INVALID_TOPIC_EXCEPTION, unknown ones
// UNKNOWN_TOPIC_OR_PARTITION. The low watermark is that of the only replica, so nothing waits and timeout_ms is never needed.
import { internalTopics } from '../../machines/controller/topic-name.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { DeleteRecordsResponseInput } from '../../protocol/messages/21-delete-records.js';
import { served, type ServedApi } from '../request.js';
import type { TopicRegistry } from '../topic-registry.js';

type PartitionOutput = DeleteRecordsResponseInput['topics'][number]['partitions'][number];

const noLowWatermark = -1;

export function deleteRecords(topics: TopicRegistry): ServedApi {
  function remove(name: string, partitionIndex: number, offset: number): PartitionOutput {
    const failed = (errorCode: number): PartitionOutput => ({
      partitionIndex,
      errorCode,
      lowWatermark: noLowWatermark,
    });
    const partition = topics.partition(name, partitionIndex);
    if (partition === undefined) return failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    if (internalTopics.has(name)) return failed(ErrorCode.INVALID_TOPIC_EXCEPTION);
    const result = partition.deleteRecords(offset);
    if (result.kind === 'rejected') return failed(result.errorCode);
    return { partitionIndex, errorCode: ErrorCode.NONE, lowWatermark: result.lowWatermark };
  }

  return served(apis.deleteRecords, (request) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, offset }) => remove(name, partitionIndex, offset)),
    })),
  }));
}
