// Decides which offset commits a group accepts (C13).
import { ErrorCode } from '../../protocol/errors.js';
import type { ClassicGroup } from './classic-group.js';
import type { ConsumerGroup } from './consumer/consumer-group.js';
import type { ConsumerMember } from './consumer/consumer-member.js';
import type { Group } from './group-store.js';
import type { GroupTopics } from './group-topics.js';

/** Since this version a commit to a group that does not exist says so. */
const groupIdNotFoundSince = 9;
/** Members of the consumer protocol commit with their epoch, for which older versions have no error. */
const memberEpochSince = 9;

/** Who commits: the member and the generation it believes in. */
export interface Committer {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generation: number;
}

/** One offset to commit, already known to name an existing partition. */
export interface OffsetToCommit {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

export interface OffsetCommit extends Committer {
  readonly groupId: string;
  /** -1 when the offsets expire by the broker's retention; versions 2 to 4 may name one. */
  readonly retentionTimeMs: number;
  readonly apiVersion: number;
  readonly offsets: readonly OffsetToCommit[];
}

/** A commit that becomes valid with the producer's transaction, or not at all (C15). */
export interface TransactionalOffsetCommit extends Committer {
  readonly groupId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly offsets: readonly OffsetToCommit[];
}

/** One error for the whole commit, or one error code for each of its offsets, in their order. */
export type OffsetCommitResult =
  | { readonly kind: 'refused'; readonly errorCode: number }
  | { readonly kind: 'done'; readonly errorCodes: readonly number[] };

/** NONE, or why the whole commit is refused. */
export function validateCommit(group: Group | undefined, commit: OffsetCommit, topics: GroupTopics): number {
  const { apiVersion } = commit;
  if (group === undefined) {
    if (commit.generation < 0) return ErrorCode.NONE;
    return apiVersion >= groupIdNotFoundSince ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION;
  }
  return group.kind === 'classic'
    ? validateClassicCommit(group, commit)
    : validateConsumerCommit(group, commit, topics);
}

/** C15: a producer that does not say for which member it commits is believed. */
export function validateTransactionalCommit(
  group: Group | undefined,
  commit: TransactionalOffsetCommit,
): number {
  const { memberId, groupInstanceId, generation } = commit;
  if (group === undefined) return generation < 0 ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
  if (generation < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.NONE;
  if (group.kind === 'classic') {
    if (generation < 0 && group.state === 'Empty') return ErrorCode.NONE;
    const errorCode = group.validateMember(memberId, groupInstanceId);
    if (errorCode !== ErrorCode.NONE) return errorCode;
    return generation === group.generation ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
  }
  if (generation < 0 && group.members.size === 0) return ErrorCode.NONE;
  const member = group.members.get(memberId);
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  // TxnOffsetCommit has no error for a stale member epoch.
  return generation === member.current.memberEpoch ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
}

function validateClassicCommit(group: ClassicGroup, commit: Committer): number {
  if (commit.generation < 0 && group.state === 'Empty') return ErrorCode.NONE;
  const namesMember = commit.generation >= 0 || commit.memberId !== '' || commit.groupInstanceId !== null;
  if (!namesMember) return ErrorCode.UNKNOWN_MEMBER_ID;
  const errorCode = group.validateMember(commit.memberId, commit.groupInstanceId);
  if (errorCode !== ErrorCode.NONE) return errorCode;
  if (commit.generation !== group.generation) return ErrorCode.ILLEGAL_GENERATION;
  return group.state === 'CompletingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

/** C24. */
function validateConsumerCommit(group: ConsumerGroup, commit: OffsetCommit, topics: GroupTopics): number {
  if (commit.generation < 0 && group.members.size === 0) return ErrorCode.NONE;
  const member = group.members.get(commit.memberId);
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  if (member.metadata.classic === null && commit.apiVersion < memberEpochSince)
    return ErrorCode.UNSUPPORTED_VERSION;
  if (commit.generation < member.current.memberEpoch && hasAllSince(member, commit, topics))
    return ErrorCode.NONE;
  return epochError(member, commit.generation);
}

/**
 * A commit may cross the reply that moves its member on: it stands where the member has, or still has to give up, all of its partitions
 * since the epoch that it shows (KIP-1251).
 */
function hasAllSince({ current }: ConsumerMember, commit: OffsetCommit, topics: GroupTopics): boolean {
  return commit.offsets.every(({ topic, partition }) => {
    const topicId = topics.topicByName(topic)?.topicId ?? '';
    const since =
      current.assigned.get(topicId)?.get(partition) ?? current.pendingRevocation.get(topicId)?.get(partition);
    return since !== undefined && since <= commit.generation;
  });
}

/** Whether a member, or an outsider that names none, may read the group's offsets (C24). */
export function validateFetch(
  group: Group | undefined,
  memberId: string | null,
  memberEpoch: number,
): number {
  if (group?.kind !== 'consumer' || (memberId === null && memberEpoch < 0)) return ErrorCode.NONE;
  const member = group.members.get(memberId ?? '');
  return member === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : epochError(member, memberEpoch);
}

function epochError({ metadata, current }: ConsumerMember, shownEpoch: number): number {
  if (shownEpoch === current.memberEpoch) return ErrorCode.NONE;
  return metadata.classic === null ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION;
}
