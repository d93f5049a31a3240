// Decides which of Kafka's topic configs the log obeys, and their defaults (kafka-semantics 1.9).
import type { CompressionType } from '../../ports/compressor.js';

export type CleanupPolicy = 'delete' | 'compact' | 'compact,delete' | 'none';

/** Kafka's topic config names in camelCase; `never` in milliseconds or messages is Number.MAX_SAFE_INTEGER. */
export interface LogConfig {
  readonly cleanupPolicy: CleanupPolicy;
  readonly compressionType: 'producer' | 'uncompressed' | Exclude<CompressionType, 'none'>;
  /** Levels of what the broker compresses itself (KIP-390); lz4 has one here. */
  readonly compressionGzipLevel: number;
  readonly compressionZstdLevel: number;
  readonly maxMessageBytes: number;
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime';
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  readonly retentionBytes: number;
  readonly retentionMs: number;
  readonly deleteRetentionMs: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly minCleanableDirtyRatio: number;
  readonly flushMessages: number;
  readonly flushMs: number;
  readonly fileDeleteDelayMs: number;
}

const never = Number.MAX_SAFE_INTEGER;

export const defaultLogConfig: LogConfig = {
  cleanupPolicy: 'delete',
  compressionType: 'producer',
  compressionGzipLevel: -1,
  compressionZstdLevel: 3,
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: never,
  messageTimestampAfterMaxMs: 3_600_000,
  segmentBytes: 1_073_741_824,
  segmentMs: 604_800_000,
  segmentJitterMs: 0,
  segmentIndexBytes: 10_485_760,
  indexIntervalBytes: 4096,
  retentionBytes: -1,
  retentionMs: 604_800_000,
  deleteRetentionMs: 86_400_000,
  minCompactionLagMs: 0,
  maxCompactionLagMs: never,
  minCleanableDirtyRatio: 0.5,
  flushMessages: never,
  flushMs: never,
  fileDeleteDelayMs: 60_000,
};

export function isCompacted(config: LogConfig): boolean {
  return config.cleanupPolicy === 'compact' || config.cleanupPolicy === 'compact,delete';
}

/** Whether old segments go by age and size; else only those before the log start do (L25), and DeleteRecords is refused (L27). */
export function isDeleted(config: LogConfig): boolean {
  return config.cleanupPolicy === 'delete' || config.cleanupPolicy === 'compact,delete';
}
