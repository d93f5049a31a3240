// Decides what the broker's configs ask of the log cleaner.
import type { BrokerConfig } from '../machines/controller/config/broker-configs.js';
import type { CleanerOptions } from '../runtime/log/compaction/log-cleaner.js';

/** The part of the cleaner's options that has configs; all but log.cleaner.enable may change while the broker runs. */
export function cleanerOptionsOf(config: BrokerConfig): Omit<CleanerOptions, 'sliceMs'> {
  return {
    isEnabled: config.logCleanerEnable,
    backoffMs: Math.min(config.logCleanerBackoffMs, Number.MAX_SAFE_INTEGER),
    dedupeBufferBytes: Math.min(config.logCleanerDedupeBufferSize, Number.MAX_SAFE_INTEGER),
    maxBytesPerSecond: config.logCleanerIoMaxBytesPerSecond,
  };
}
