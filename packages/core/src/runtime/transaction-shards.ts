// Decides what a shard of the transaction coordinator is made of, one per partition of `__transaction_state`, and who writes its markers.
import type { TransactionMarker } from '../machines/log/transaction-marker.js';
import type { MarkerResult } from '../machines/transaction/markers.js';
import type { TransactionConfig } from '../machines/transaction/transaction-config.js';
import { TransactionMachine } from '../machines/transaction/transaction-machine.js';
import type {
  TransactionAppendFailure,
  TransactionTimerEvent,
  WriteMarkers,
} from '../machines/transaction/transaction-outcome.js';
import type { TransactionRecord } from '../machines/transaction/transaction-record.js';
import type { Clock } from '../ports/clock.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { Timers } from '../ports/timers.js';
import { ErrorCode } from '../protocol/errors.js';
import type { BatchDecompressors } from '../protocol/records/attributes.js';
import type { CoordinatorPartition } from './coordinator-partition.js';
import { CoordinatorRuntime, type CoordinatorLimits } from './coordinator-runtime.js';
import { CoordinatorShards, type CoordinatorTopic } from './coordinator-shards.js';
import { transactionRecordSerde } from './transaction-record-serde.js';

/** Who brings markers to partitions. */
export interface MarkerWriter {
  /** NONE, or why the partition did not take it; UNKNOWN_TOPIC_OR_PARTITION when the cluster has no such partition any more. */
  write(topic: string, partition: number, marker: TransactionMarker): number;
}

export interface TransactionShardOptions {
  readonly config: TransactionConfig;
  readonly limits: CoordinatorLimits;
  readonly stateTopic: CoordinatorTopic;
  readonly markers: MarkerWriter;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly diagnostics: Diagnostics;
  readonly decompressors: BatchDecompressors;
}

export type TransactionShard = CoordinatorRuntime<
  TransactionRecord,
  TransactionTimerEvent,
  TransactionAppendFailure,
  TransactionMachine,
  WriteMarkers
>;

export class TransactionShards extends CoordinatorShards<
  TransactionRecord,
  TransactionTimerEvent,
  TransactionAppendFailure,
  TransactionMachine,
  WriteMarkers
> {
  readonly #options: TransactionShardOptions;

  constructor(options: TransactionShardOptions) {
    super(options);
    this.#options = options;
  }

  protected override open(
    partition: CoordinatorPartition & { readonly leaderEpoch?: number },
  ): TransactionShard {
    const { config, limits, clock, timers, diagnostics, decompressors } = this.#options;
    const shard: TransactionShard = new CoordinatorRuntime({
      partition,
      machine: new TransactionMachine(config),
      serde: transactionRecordSerde(config.transactionVersion),
      clock,
      timers,
      diagnostics,
      decompressors,
      limits,
      send: (message: WriteMarkers) => {
        const results = this.#write(message, partition.leaderEpoch ?? 0);
        shard.run((machine, now) => machine.handleMarkersWritten(message, results, now));
      },
    });
    return shard;
  }

  /** A partition that fails does not keep the others from their markers. */
  #write({ end, partitions, transactionalId }: WriteMarkers, coordinatorEpoch: number): MarkerResult[] {
    const { result: type, producerId, producerEpoch, transactionVersion } = end;
    const marker = { type, producerId, producerEpoch, coordinatorEpoch, transactionVersion };
    return partitions.map(({ topic, partition }) => {
      try {
        return { topic, partition, errorCode: this.#options.markers.write(topic, partition, marker) };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const fields = { transactionalId, topic, partition, reason };
        this.#options.diagnostics.log('error', 'Writing the marker of a transaction failed', fields);
        return { topic, partition, errorCode: ErrorCode.UNKNOWN_SERVER_ERROR };
      }
    });
  }
}
