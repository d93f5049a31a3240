// Decides what a shard of the group coordinator is made of: one per partition of `__consumer_offsets`.
import type { GroupConfig } from '../machines/group/group-config.js';
import { GroupMachine } from '../machines/group/group-machine.js';
import type { GroupAppendFailure, GroupTimerEvent } from '../machines/group/group-outcome.js';
import type { GroupRecord } from '../machines/group/group-record.js';
import type { Clock } from '../ports/clock.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { Timers } from '../ports/timers.js';
import type { BatchDecompressors } from '../protocol/records/attributes.js';
import type { CoordinatorPartition } from './coordinator-partition.js';
import { CoordinatorRuntime, type CoordinatorLimits } from './coordinator-runtime.js';
import { CoordinatorShards } from './coordinator-shards.js';
import { groupRecordSerde } from './group-record-serde.js';
import type { OffsetsTopic, TopicResolver } from './group-topics.js';

export interface GroupShardOptions {
  readonly config: GroupConfig;
  readonly limits: CoordinatorLimits;
  readonly offsetsTopic: OffsetsTopic;
  readonly topics: TopicResolver;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly diagnostics: Diagnostics;
  readonly decompressors: BatchDecompressors;
}

export type GroupShard = CoordinatorRuntime<GroupRecord, GroupTimerEvent, GroupAppendFailure, GroupMachine>;

export class GroupShards extends CoordinatorShards<
  GroupRecord,
  GroupTimerEvent,
  GroupAppendFailure,
  GroupMachine
> {
  readonly #options: GroupShardOptions;

  constructor(options: GroupShardOptions) {
    super({ ...options, stateTopic: options.offsetsTopic });
    this.#options = options;
  }

  protected override open(partition: CoordinatorPartition): GroupShard {
    const { config, limits, clock, timers, diagnostics, decompressors, topics } = this.#options;
    return new CoordinatorRuntime({
      partition,
      machine: new GroupMachine(config, topics),
      serde: groupRecordSerde,
      clock,
      timers,
      diagnostics,
      decompressors,
      limits,
    });
  }
}
