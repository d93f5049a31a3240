// Decides who is told of the end of a transaction: a partition's log, and for `__consumer_offsets` the group coordinator with it (T7, C15).
import { consumerOffsetsTopic } from '../machines/controller/topic-name.js';
import type { TransactionMarker } from '../machines/log/transaction-marker.js';
import type { Clock } from '../ports/clock.js';
import { ErrorCode } from '../protocol/errors.js';
import type { GroupCoordinator } from '../runtime/group-coordinator.js';
import type { MarkerWriter } from '../runtime/transaction-shards.js';
import type { TopicRegistry } from './topic-registry.js';

export class TransactionMarkers implements MarkerWriter {
  constructor(
    private readonly topics: TopicRegistry,
    private readonly groups: GroupCoordinator,
    private readonly clock: Clock,
  ) {}

  write(topic: string, partition: number, marker: TransactionMarker): number {
    const log = this.topics.partition(topic, partition);
    if (log === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (topic === consumerOffsetsTopic) return this.groups.endTransaction(partition, marker);
    const result = log.appendMarker(marker, this.clock.nowMs());
    return result.kind === 'rejected' ? result.errorCode : ErrorCode.NONE;
  }
}
