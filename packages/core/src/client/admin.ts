// Decides what administrators may ask of a cluster.
import {
  createAcls,
  deleteAcls,
  describeAcls,
  type AclBinding,
  type AclEntry,
  type AclFilter,
} from './admin/acl-admin.js';
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
  alterConfigs,
  incrementalAlterConfigs,
  type AlterConfigsOptions,
  type ConfigChanges,
  type ConfigReplacement,
} from './admin/config-changes.js';
import {
  listConfigResources,
  type ListedConfigResource,
  type ListedConfigResourceType,
} from './admin/config-resource-admin.js';
import {
  describeFeatures,
  updateFeatures,
  type FeatureDescription,
  type FeatureUpdate,
} from './admin/feature-admin.js';
import {
  describeGroups,
  fetchOffsets,
  listGroups,
  type FetchedOffset,
  type GroupDescription,
  type GroupListing,
} from './admin/group-admin.js';
import {
  alterGroupOffsets,
  deleteGroupOffsets,
  deleteGroups,
  type OffsetToSet,
} from './admin/group-changes.js';
import { removeMembersFromGroup, type MemberToRemove } from './admin/group-members-admin.js';
import { describeLogDirs, type LogDirDescription } from './admin/log-dir-admin.js';
import { listOffsets, type ListedOffset, type OffsetQuery } from './admin/offset-admin.js';
import {
  createPartitions,
  deleteRecords,
  type CreatePartitionsOptions,
  type DeletedRecords,
  type NewPartitions,
  type RecordsToDelete,
} from './admin/partition-admin.js';
import { describeProducers, type ProducerDescription } from './admin/producer-admin.js';
import { describeMetadataQuorum, type QuorumDescription } from './admin/quorum-admin.js';
import {
  alterClientQuotas,
  describeClientQuotas,
  type QuotaAlteration,
  type QuotaDescription,
  type QuotaFilter,
} from './admin/quota-admin.js';
import {
  alterPartitionReassignments,
  electLeaders,
  listPartitionReassignments,
  type ElectionType,
  type OngoingReassignment,
  type PartitionReassignment,
} from './admin/replica-admin.js';
import { alterReplicaLogDirs, type ReplicaLogDirAssignment } from './admin/replica-log-dir-admin.js';
import {
  alterUserScramCredentials,
  describeUserScramCredentials,
  type ScramCredential,
  type ScramCredentialAlteration,
} from './admin/scram-admin.js';
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
import {
  abortTransaction,
  describeTransactions,
  fenceProducers,
  listTransactions,
  type FencedProducer,
  type TransactionDescription,
  type TransactionFilter,
  type TransactionListing,
  type TransactionToAbort,
} from './admin/transaction-admin.js';
import { MetricList, type ClientMetric } from './metrics/client-metric.js';
import type { IsolationLevel, TopicPartition } from './types.js';

/**
 * Calls that concern many resources resolve with AdminResults: a value or an error for each. `orThrow()` makes the first error
 * an exception. What concerns the call as a whole (no broker can be reached) rejects.
 */
export class Admin {
  /** @internal Admin clients are made by `Kafka.admin`. */
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

  /** Results by topic. */
  createPartitions(
    topics: readonly NewPartitions[],
    options: CreatePartitionsOptions = {},
  ): Promise<AdminResults<void>> {
    return createPartitions(this.context, topics, options);
  }

  /** Deletes what lies before an offset in each partition. Results by `topic-partition`. */
  deleteRecords(records: readonly RecordsToDelete[]): Promise<AdminResults<DeletedRecords>> {
    return deleteRecords(this.context, records);
  }

  /** All topics; internal ones only when asked for. */
  listTopics(options: { readonly includeInternal?: boolean } = {}): Promise<TopicListing[]> {
    return listTopics(this.context, options);
  }

  /** Results by topic. */
  describeTopics(names: readonly string[]): Promise<AdminResults<TopicDescription>> {
    return describeTopics(this.context, names);
  }

  /** The cluster's id, its brokers and its controller. */
  describeCluster(): Promise<ClusterDescription> {
    return describeCluster(this.context);
  }

  /** Results by type and name, for example `topic:flights` or `broker:1`. */
  describeConfigs(
    resources: readonly ConfigResource[],
  ): Promise<AdminResults<ReadonlyMap<string, ConfigEntry>>> {
    return describeConfigs(this.context, resources);
  }

  /** Changes single configs and leaves the others as they are. Results by type and name, as with describeConfigs. */
  incrementalAlterConfigs(
    resources: readonly ConfigChanges[],
    options: AlterConfigsOptions = {},
  ): Promise<AdminResults<void>> {
    return incrementalAlterConfigs(this.context, resources, options);
  }

  /** Replaces all configs of each resource. Results by type and name, as with describeConfigs. */
  alterConfigs(
    resources: readonly ConfigReplacement[],
    options: AlterConfigsOptions = {},
  ): Promise<AdminResults<void>> {
    return alterConfigs(this.context, resources, options);
  }

  /** The resources that have configs of their own; no types: all that the broker lists (KIP-1142). */
  listConfigResources(types: readonly ListedConfigResourceType[] = []): Promise<ListedConfigResource[]> {
    return listConfigResources(this.context, types);
  }

  /** The feature levels of the cluster (KIP-584). */
  describeFeatures(): Promise<FeatureDescription> {
    return describeFeatures(this.context);
  }

  /** Sets feature levels (KIP-584). Results by feature; since Kafka 4.0 all succeed or none. */
  updateFeatures(
    updates: readonly FeatureUpdate[],
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<AdminResults<void>> {
    return updateFeatures(this.context, updates, options.validateOnly ?? false);
  }

  /** The quorum behind the cluster's metadata (KIP-836). */
  describeMetadataQuorum(): Promise<QuorumDescription> {
    return describeMetadataQuorum(this.context);
  }

  /** The access control entries that match (KIP-140). Without a filter: all. */
  describeAcls(filter: AclFilter = {}): Promise<AclEntry[]> {
    return describeAcls(this.context, filter);
  }

  /** Results by entry in words, for example `allow User:ada@* read literal topic:flights`. */
  createAcls(acls: readonly AclBinding[]): Promise<AdminResults<void>> {
    return createAcls(this.context, acls);
  }

  /** Deletes the entries that match a filter. Results by the filter's place, `0`, `1` …: the entries deleted. */
  deleteAcls(filters: readonly AclFilter[]): Promise<AdminResults<readonly AclEntry[]>> {
    return deleteAcls(this.context, filters);
  }

  /** The quotas of users, clients and addresses (KIP-546). */
  describeClientQuotas(filter: QuotaFilter = { entity: {} }): Promise<QuotaDescription[]> {
    return describeClientQuotas(this.context, filter);
  }

  /** Sets and removes quotas (KIP-546). Results by entity, for example `user=ada,client-id=<default>`. */
  alterClientQuotas(
    alterations: readonly QuotaAlteration[],
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<AdminResults<void>> {
    return alterClientQuotas(this.context, alterations, options.validateOnly ?? false);
  }

  /** Which SCRAM credentials users have (KIP-554). Results by user; absent users: all that have any. */
  describeUserScramCredentials(
    users: readonly string[] | null = null,
  ): Promise<AdminResults<readonly ScramCredential[]>> {
    return describeUserScramCredentials(this.context, users);
  }

  /** Sets and deletes SCRAM credentials (KIP-554); passwords are salted and hashed here. Results by user. */
  alterUserScramCredentials(alterations: readonly ScramCredentialAlteration[]): Promise<AdminResults<void>> {
    return alterUserScramCredentials(this.context, alterations);
  }

  /** What lies in the log directories, and how large it is. Results by broker id; absent ids: all brokers. */
  describeLogDirs(
    brokerIds: readonly number[] | null = null,
  ): Promise<AdminResults<readonly LogDirDescription[]>> {
    return describeLogDirs(this.context, brokerIds);
  }

  /** Moves replicas between the log directories of their broker (KIP-113). Results by `topic-partition-broker`. */
  alterReplicaLogDirs(assignments: readonly ReplicaLogDirAssignment[]): Promise<AdminResults<void>> {
    return alterReplicaLogDirs(this.context, assignments);
  }

  /** The idempotent and transactional producers that partitions remember. Results by `topic-partition`. */
  describeProducers(
    partitions: readonly TopicPartition[],
  ): Promise<AdminResults<readonly ProducerDescription[]>> {
    return describeProducers(this.context, partitions);
  }

  /** Where transactional ids stand, as their coordinators know it (KIP-664). Results by transactional id. */
  describeTransactions(transactionalIds: readonly string[]): Promise<AdminResults<TransactionDescription>> {
    return describeTransactions(this.context, transactionalIds);
  }

  /** Transactional ids that match (KIP-664); without a filter: all. Results by broker id: each lists what it coordinates. */
  listTransactions(filter: TransactionFilter = {}): Promise<AdminResults<readonly TransactionListing[]>> {
    return listTransactions(this.context, filter);
  }

  /**
   * Fences whoever has these transactional ids, and aborts what they left open (KIP-730), as `initTransactions()` of a new
   * producer would. Results by transactional id.
   */
  fenceProducers(transactionalIds: readonly string[]): Promise<AdminResults<FencedProducer>> {
    return fenceProducers(this.context, transactionalIds);
  }

  /**
   * Ends a transaction that hangs in a partition, because its coordinator knows nothing of it any more (KIP-664). A last resort:
   * it does not ask the coordinator. `describeProducers` finds what hangs; its description goes in here beside the partition.
   */
  abortTransaction(transaction: TransactionToAbort): Promise<void> {
    return abortTransaction(this.context, transaction);
  }

  /** Results by `topic-partition`; absent partitions: all that need an election. */
  electLeaders(
    electionType: ElectionType,
    partitions: readonly TopicPartition[] | null = null,
  ): Promise<AdminResults<void>> {
    return electLeaders(this.context, electionType, partitions);
  }

  /** Moves partitions to other brokers, or gives such moves up. Results by `topic-partition`. */
  alterPartitionReassignments(reassignments: readonly PartitionReassignment[]): Promise<AdminResults<void>> {
    return alterPartitionReassignments(this.context, reassignments);
  }

  /** Moves that are under way; absent partitions: all. */
  listPartitionReassignments(
    partitions: readonly TopicPartition[] | null = null,
  ): Promise<OngoingReassignment[]> {
    return listPartitionReassignments(this.context, partitions);
  }

  /** Results by broker id: each broker lists the groups it coordinates. */
  listGroups(): Promise<AdminResults<readonly GroupListing[]>> {
    return listGroups(this.context);
  }

  /** Results by group id. */
  describeGroups(groupIds: readonly string[]): Promise<AdminResults<GroupDescription>> {
    return describeGroups(this.context, groupIds);
  }

  /** Deletes groups without members, and all they committed. Results by group id. */
  deleteGroups(groupIds: readonly string[]): Promise<AdminResults<void>> {
    return deleteGroups(this.context, groupIds);
  }

  /**
   * Puts members out of a classic group (KIP-345), so that it need not wait for their session timeout. Results by member id or
   * group instance id.
   */
  removeMembersFromGroup(
    groupId: string,
    members: readonly MemberToRemove[],
    options: { readonly reason?: string } = {},
  ): Promise<AdminResults<void>> {
    return removeMembersFromGroup(this.context, groupId, members, options.reason);
  }

  /** Commits for a group without members. Results by `topic-partition`. */
  alterGroupOffsets(groupId: string, offsets: readonly OffsetToSet[]): Promise<AdminResults<void>> {
    return alterGroupOffsets(this.context, groupId, offsets);
  }

  /** Forgets what a group committed, of topics that none of its members reads. Results by `topic-partition`. */
  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<AdminResults<void>> {
    return deleteGroupOffsets(this.context, groupId, partitions);
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

  /** The client's figures, by the names that Kafka's admin client has for them; computed now. */
  metrics(): ClientMetric[] {
    const { client } = this.context;
    const list = new MetricList(client.ports.clock.monotonicMs(), client.clientId);
    client.metrics.describe(list, 'admin-client');
    return list.metrics;
  }

  /** Closes all connections at once; what is open fails with a ClosedError. */
  close(): Promise<void> {
    this.context.close();
    this.onClosed();
    return Promise.resolve();
  }
}
