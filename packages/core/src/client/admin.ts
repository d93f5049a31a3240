// Decides what administrators may ask of a cluster.
import type { AdminContext } from './admin/admin-context.js';
import type { AdminResults } from './admin/admin-results.js';
import {
  describeCluster,
  describeConfigs,
  type ClusterDescription,
  type ConfigEntry,
  type ConfigResource,
} from './admin/cluster-admin.js';
import {
  describeGroups,
  fetchOffsets,
  listGroups,
  type FetchedOffset,
  type GroupDescription,
  type GroupListing,
} from './admin/group-admin.js';
import { listOffsets, type ListedOffset, type OffsetQuery } from './admin/offset-admin.js';
import {
  createTopics,
  deleteTopics,
  describeTopics,
  listTopics,
  type CreatedTopic,
  type CreateTopicsOptions,
  type NewTopic,
  type TopicDescription,
  type TopicListing,
} from './admin/topic-admin.js';
import type { IsolationLevel, TopicPartition } from './types.js';

/**
 * Calls that concern many resources resolve with AdminResults: a value or an error for each. `orThrow()` makes the first error
 * an exception. What concerns the call as a whole (no broker can be reached) rejects.
 */
export class Admin {
  constructor(
    private readonly context: AdminContext,
    private readonly onClosed: () => void = () => undefined,
  ) {}

  /** Results by topic. */
  createTopics(
    topics: readonly NewTopic[],
    options: CreateTopicsOptions = {},
  ): Promise<AdminResults<CreatedTopic>> {
    return createTopics(this.context, topics, options);
  }

  /** Results by topic. */
  deleteTopics(names: readonly string[]): Promise<AdminResults<void>> {
    return deleteTopics(this.context, names);
  }

  listTopics(options: { readonly includeInternal?: boolean } = {}): Promise<TopicListing[]> {
    return listTopics(this.context, options);
  }

  /** Results by topic. */
  describeTopics(names: readonly string[]): Promise<AdminResults<TopicDescription>> {
    return describeTopics(this.context, names);
  }

  describeCluster(): Promise<ClusterDescription> {
    return describeCluster(this.context);
  }

  /** Results by type and name, for example `topic:flights` or `broker:1`. */
  describeConfigs(
    resources: readonly ConfigResource[],
  ): Promise<AdminResults<ReadonlyMap<string, ConfigEntry>>> {
    return describeConfigs(this.context, resources);
  }

  /** Results by broker id: each broker lists the groups it coordinates. */
  listGroups(): Promise<AdminResults<readonly GroupListing[]>> {
    return listGroups(this.context);
  }

  /** Results by group id. */
  describeGroups(groupIds: readonly string[]): Promise<AdminResults<GroupDescription>> {
    return describeGroups(this.context, groupIds);
  }

  /** Results by `topic-partition`. */
  listOffsets(
    queries: readonly OffsetQuery[],
    options: { readonly isolationLevel?: IsolationLevel } = {},
  ): Promise<AdminResults<ListedOffset>> {
    return listOffsets(this.context, queries, options.isolationLevel ?? 'read_uncommitted');
  }

  /** What a group committed, by `topic-partition`; partitions without a commit are left out. */
  fetchOffsets(
    groupId: string,
    partitions: readonly TopicPartition[] | null = null,
  ): Promise<AdminResults<FetchedOffset>> {
    return fetchOffsets(this.context, groupId, partitions);
  }

  /** Closes all connections at once; what is open fails with a ClosedError. */
  close(): Promise<void> {
    this.context.close();
    this.onClosed();
    return Promise.resolve();
  }
}
