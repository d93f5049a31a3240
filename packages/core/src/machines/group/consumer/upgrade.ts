// Decides when a classic group becomes a consumer group, and as what: when a member of the consumer protocol joins it (C25).
import { ErrorCode } from '../../../protocol/errors.js';
import type { ClassicGroup } from '../classic-group.js';
import type { ClassicMember } from '../classic-member.js';
import { joinError, syncError } from '../classic-replies.js';
import type { GroupConfig } from '../group-config.js';
import type { GroupOutcome } from '../group-outcome.js';
import type { GroupTopics } from '../group-topics.js';
import { renewSession } from '../member-sessions.js';
import type { Instant } from '../../coordinator/outcome.js';
import { ConsumerGroup } from './consumer-group.js';
import { ConsumerGroupDraft } from './consumer-group-draft.js';
import { ownedSince, type Assignment } from './assignment.js';
import { readAssignment, readSubscription } from './embedded-protocol.js';

/** A draft of the consumer group that the classic one becomes; null when it cannot become one. */
export function upgrade(
  classic: ClassicGroup,
  config: GroupConfig,
  topics: GroupTopics,
  now: Instant,
  outcome: GroupOutcome,
): ConsumerGroupDraft | null {
  const { groupId } = classic;
  const policy = config.groupConsumerMigrationPolicy;
  const isAllowed = policy === 'bidirectional' || policy === 'upgrade';
  const isPossible = classic.usesConsumerProtocol && classic.members.size <= config.groupConsumerMaxSize;
  const members = isAllowed && isPossible ? readMembers(classic, topics) : null;
  if (members === null) {
    outcome.note('info', 'A classic group cannot become a consumer group', {
      groupId,
      policy,
      protocolType: classic.protocolType,
    });
    return null;
  }
  outcome.note('info', 'A classic group becomes a consumer group', { groupId, members: members.length });
  outcome.records.push({ kind: 'group', groupId, value: null });
  const draft = new ConsumerGroupDraft(new ConsumerGroup(groupId), outcome);
  const generation = classic.generation;
  draft.putEpoch(generation, 0);
  for (const { member, topicNames, rackId, assignment } of members) {
    const { memberId, groupInstanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs } = member;
    const added = draft.putMetadata(memberId, {
      instanceId: groupInstanceId,
      rackId,
      clientId,
      clientHost,
      subscribedTopicNames: topicNames,
      subscribedTopicRegex: '',
      rebalanceTimeoutMs,
      serverAssignor: null,
      classic: { sessionTimeoutMs, protocols: member.protocols },
    });
    const free = withoutOwned(draft, assignment);
    draft.putTarget(memberId, free);
    draft.putCurrent(added, {
      memberEpoch: generation,
      previousMemberEpoch: generation,
      state: 'stable',
      assigned: ownedSince(free, generation),
      pendingRevocation: new Map(),
    });
    renewSession(draft.group, memberId, sessionTimeoutMs, now, outcome);
  }
  draft.putTargetEpoch(generation, now.wallMs);
  return draft;
}

interface ReadMember {
  readonly member: ClassicMember;
  readonly topicNames: readonly string[];
  readonly rackId: string | null;
  readonly assignment: Assignment;
}

/** Null when a member's bytes are not those of a consumer. */
function readMembers(classic: ClassicGroup, topics: GroupTopics): ReadMember[] | null {
  const read: ReadMember[] = [];
  for (const member of classic.members.values()) {
    // Before its first generation a group has no protocol yet; all that a consumer offers carry the same subscription.
    const subscription = readSubscription(
      classic.protocolName === null
        ? (member.protocols[0]?.metadata ?? Buffer.alloc(0))
        : member.metadata(classic.protocolName),
    );
    const assignment = readAssignment(member.assignment, topics);
    if (subscription === null || assignment === null) return null;
    const topicNames = [...new Set(subscription.topics)].sort();
    read.push({ member, topicNames, rackId: subscription.rackId, assignment });
  }
  return read;
}

/** A client's assignor may have given a partition to two members: the second one loses it. */
function withoutOwned(draft: ConsumerGroupDraft, assignment: Assignment): Assignment {
  const free = new Map<string, Set<number>>();
  for (const [topicId, partitions] of assignment) {
    const own = [...partitions.keys()].filter((partition) => draft.owner(topicId, partition) === undefined);
    if (own.length > 0) free.set(topicId, new Set(own));
  }
  return free;
}

/** Whoever waits for a rebalance of the classic group is told to join again: there it meets the new one. */
export function answerWaiting(classic: ClassicGroup, outcome: GroupOutcome): void {
  for (const member of classic.members.values()) {
    if (member.awaitingJoin !== null)
      outcome.reply(member.awaitingJoin, joinError(ErrorCode.REBALANCE_IN_PROGRESS, member.memberId));
    if (member.awaitingSync !== null)
      outcome.reply(member.awaitingSync, syncError(ErrorCode.REBALANCE_IN_PROGRESS));
    member.awaitingJoin = null;
    member.awaitingSync = null;
  }
}
