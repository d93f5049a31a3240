// Decides the limits and periods of the group coordinator, under Kafka's names and with Kafka's defaults.

export interface GroupConfig {
  /** group.max.size */
  readonly groupMaxSize: number;
  /** group.min.session.timeout.ms */
  readonly groupMinSessionTimeoutMs: number;
  /** group.max.session.timeout.ms */
  readonly groupMaxSessionTimeoutMs: number;
  /** group.initial.rebalance.delay.ms */
  readonly groupInitialRebalanceDelayMs: number;
  /** offset.metadata.max.bytes */
  readonly offsetMetadataMaxBytes: number;
  /** offsets.retention.minutes, in milliseconds */
  readonly offsetsRetentionMs: number;
  /** offsets.retention.check.interval.ms */
  readonly offsetsRetentionCheckIntervalMs: number;
  /** How long a member that never completed a join may wait for its first one; fixed in Kafka (C10). */
  readonly groupNewMemberJoinTimeoutMs: number;
  /** Member ids that one group may have handed out without having seen them join (C5); ours, Kafka has no such bound. */
  readonly groupMaxPendingMembers: number;
  /** group.consumer.session.timeout.ms */
  readonly groupConsumerSessionTimeoutMs: number;
  /** group.consumer.heartbeat.interval.ms */
  readonly groupConsumerHeartbeatIntervalMs: number;
  /** group.consumer.max.size */
  readonly groupConsumerMaxSize: number;
  /** group.consumer.assignors; the first is the one for members that name none. */
  readonly groupConsumerAssignors: readonly string[];
  /** group.consumer.migration.policy */
  readonly groupConsumerMigrationPolicy: MigrationPolicy;
  /** group.consumer.regex.refresh.interval.ms */
  readonly groupConsumerRegexRefreshIntervalMs: number;
  /** What a group has of its own: consumer.session.timeout.ms and consumer.heartbeat.interval.ms; null for what it has not. */
  readonly ownConsumerTimes: (groupId: string) => OwnConsumerTimes;
}

export interface OwnConsumerTimes {
  readonly sessionTimeoutMs: number | null;
  readonly heartbeatIntervalMs: number | null;
}

/** How long a member of the consumer protocol in this group may be silent. */
export function consumerSessionTimeoutMs(config: GroupConfig, groupId: string): number {
  return config.ownConsumerTimes(groupId).sessionTimeoutMs ?? config.groupConsumerSessionTimeoutMs;
}

/** How often a member of the consumer protocol in this group is to say that it is there. */
export function consumerHeartbeatIntervalMs(config: GroupConfig, groupId: string): number {
  return config.ownConsumerTimes(groupId).heartbeatIntervalMs ?? config.groupConsumerHeartbeatIntervalMs;
}

/** Which online conversions between classic and consumer groups are allowed (C25). */
export type MigrationPolicy = 'bidirectional' | 'upgrade' | 'downgrade' | 'disabled';

const noneOwn: OwnConsumerTimes = { sessionTimeoutMs: null, heartbeatIntervalMs: null };

export const defaultGroupConfig: GroupConfig = {
  groupMaxSize: 2_147_483_647,
  groupMinSessionTimeoutMs: 6_000,
  groupMaxSessionTimeoutMs: 1_800_000,
  groupInitialRebalanceDelayMs: 3_000,
  offsetMetadataMaxBytes: 4_096,
  offsetsRetentionMs: 10_080 * 60_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  groupNewMemberJoinTimeoutMs: 300_000,
  groupMaxPendingMembers: 10_000,
  groupConsumerSessionTimeoutMs: 45_000,
  groupConsumerHeartbeatIntervalMs: 5_000,
  groupConsumerMaxSize: 2_147_483_647,
  groupConsumerAssignors: ['uniform', 'range'],
  groupConsumerMigrationPolicy: 'bidirectional',
  groupConsumerRegexRefreshIntervalMs: 600_000,
  ownConsumerTimes: () => noneOwn,
};
