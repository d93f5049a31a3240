// Decides how members of the classic protocol take part in a consumer group: their joins, syncs and heartbeats are translated (C25).
import { ErrorCode } from '../../../protocol/errors.js';
import type { JoinGroupRequest } from '../../../protocol/messages/11-join-group.js';
import type { HeartbeatRequest } from '../../../protocol/messages/12-heartbeat.js';
import type { SyncGroupRequest, SyncGroupResponseInput } from '../../../protocol/messages/14-sync-group.js';
import type { Instant, Ticket } from '../../coordinator/outcome.js';
import { consumerProtocolType } from '../classic-group.js';
import { memberIdRequiredSince, type JoinContext } from '../classic-join.js';
import type { MemberProtocol } from '../member-protocol.js';
import type { LeaveResult, LeavingMember } from '../classic-membership.js';
import { joinError, syncError } from '../classic-replies.js';
import type { GroupConfig } from '../group-config.js';
import { groupTimerKey, type GroupOutcome } from '../group-outcome.js';
import type { GroupTopics } from '../group-topics.js';
import { renewSession } from '../member-sessions.js';
import type { ConsumerGroup } from './consumer-group.js';
import { ConsumerGroupDraft } from './consumer-group-draft.js';
import { replaceMember } from './consumer-heartbeat.js';
import type { ConsumerMember } from './consumer-member.js';
import type { ConsumerMembership } from './consumer-membership.js';
import { downgrade } from './downgrade.js';
import { byTopicId, readSubscription, writeAssignment } from './embedded-protocol.js';
import type { MemberProgress } from './member-progress.js';

interface Parts {
  readonly config: GroupConfig;
  readonly topics: GroupTopics;
  readonly progress: MemberProgress;
  readonly membership: ConsumerMembership;
}

export class ClassicMembers {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  join(
    group: ConsumerGroup,
    request: JoinGroupRequest,
    context: JoinContext,
    now: Instant,
    outcome: GroupOutcome,
  ): void {
    const { config, topics, progress } = this.#parts;
    const refuse = (errorCode: number, memberId = request.memberId): void =>
      void outcome.reply(context.ticket, joinError(errorCode, memberId));
    const isNew = !group.members.has(request.memberId);
    if (isNew && group.members.size >= config.groupConsumerMaxSize)
      return refuse(ErrorCode.GROUP_MAX_SIZE_REACHED, '');
    const protocols = copyProtocols(request);
    const subscription = readSubscription(protocols[0]?.metadata ?? Buffer.alloc(0));
    if (!supportsProtocols(group, request.protocolType, protocols) || subscription === null)
      return refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    const instanceId = request.groupInstanceId;
    const memberId = request.memberId === '' ? newMemberId(context, instanceId) : request.memberId;
    if (request.memberId === '' && instanceId === null && context.apiVersion >= memberIdRequiredSince)
      return refuse(ErrorCode.MEMBER_ID_REQUIRED, memberId);
    const holder = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId);
    if (instanceId !== null && request.memberId !== '' && holder?.memberId !== memberId)
      return refuse(holder === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.FENCED_INSTANCE_ID);
    const draft = new ConsumerGroupDraft(group, outcome);
    const replaced = holder !== undefined && holder.memberId !== memberId ? holder : null;
    if (replaced !== null) replaceMember(draft, replaced, memberId);
    const { rebalanceTimeoutMs, sessionTimeoutMs } = request;
    const member = progress.advance(
      draft,
      {
        memberId,
        metadata: {
          instanceId,
          rackId: subscription.rackId,
          clientId: context.clientId,
          clientHost: context.clientHost,
          subscribedTopicNames: [...new Set(subscription.topics)].sort(),
          subscribedTopicRegex: '',
          rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
          serverAssignor: null,
          classic: { sessionTimeoutMs, protocols },
        },
        owned: byTopicId(subscription.ownedPartitions, topics),
        shownEpoch: draft.member(memberId)?.current.memberEpoch ?? 0,
      },
      now,
    );
    this.#joined(draft, member, replaced, now);
    outcome.reply(context.ticket, {
      errorCode: ErrorCode.NONE,
      memberId,
      generationId: member.current.memberEpoch,
      protocolType: consumerProtocolType,
      protocolName: protocols[0]?.name ?? '',
      // Nobody leads: the coordinator assigns, and every member waits for it as a follower does.
      leader: '',
      members: [],
    });
  }

  #joined(
    draft: ConsumerGroupDraft,
    { memberId, metadata }: ConsumerMember,
    replaced: ConsumerMember | null,
    now: Instant,
  ): void {
    const { config, topics } = this.#parts;
    const { group, outcome } = draft;
    const { groupId } = group;
    if (group.awaitedJoins.delete(memberId)) outcome.cancelTimer(groupTimerKey.memberJoin(groupId, memberId));
    renewSession(group, memberId, metadata.classic?.sessionTimeoutMs ?? 0, now, outcome);
    group.awaitedSyncs.add(memberId);
    outcome.setTimer(groupTimerKey.memberSync(groupId, memberId), metadata.rebalanceTimeoutMs, {
      kind: 'member-sync',
      groupId,
      memberId,
    });
    // The last member of the consumer protocol may be the one whose place was taken.
    if (replaced?.metadata.classic !== null) return;
    downgrade(draft, { staying: draft.members(), cause: 'member-replaced' }, config, topics, now);
  }

  sync(
    group: ConsumerGroup,
    request: SyncGroupRequest,
    ticket: Ticket<SyncGroupResponseInput>,
    now: Instant,
    outcome: GroupOutcome,
  ): void {
    const member = findMember(group, request.memberId, request.groupInstanceId);
    const errorCode = typeof member === 'number' ? member : validateSync(group, member, request);
    if (typeof member === 'number' || errorCode !== ErrorCode.NONE) {
      if (typeof member !== 'number' && errorCode === ErrorCode.REBALANCE_IN_PROGRESS)
        awaitJoin(group, member, outcome);
      outcome.reply(ticket, syncError(errorCode));
      return;
    }
    const { memberId, metadata, current } = member;
    if (group.awaitedSyncs.delete(memberId))
      outcome.cancelTimer(groupTimerKey.memberSync(group.groupId, memberId));
    renewSession(group, memberId, metadata.classic?.sessionTimeoutMs ?? 0, now, outcome);
    const own = metadata.classic?.protocols[0]?.metadata ?? Buffer.alloc(0);
    outcome.reply(ticket, {
      errorCode: ErrorCode.NONE,
      protocolType: request.protocolType,
      protocolName: request.protocolName,
      assignment: writeAssignment(current.assigned, own, this.#parts.topics),
    });
  }

  /** The error code of the reply: REBALANCE_IN_PROGRESS tells the member that joining again would get it further. */
  heartbeat(group: ConsumerGroup, request: HeartbeatRequest, now: Instant, outcome: GroupOutcome): number {
    const member = findMember(group, request.memberId, request.groupInstanceId);
    if (typeof member === 'number') return member;
    const { current, metadata, memberId } = member;
    if (metadata.classic === null) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (current.memberEpoch !== request.generationId) return ErrorCode.ILLEGAL_GENERATION;
    renewSession(group, memberId, metadata.classic.sessionTimeoutMs, now, outcome);
    const mustRejoin =
      current.memberEpoch < group.epoch ||
      current.state === 'unrevoked-partitions' ||
      (current.state === 'unreleased-partitions' && !waitsForOthers(group, member));
    if (!mustRejoin) return ErrorCode.NONE;
    awaitJoin(group, member, outcome);
    return ErrorCode.REBALANCE_IN_PROGRESS;
  }

  leave(
    group: ConsumerGroup,
    leaving: readonly LeavingMember[],
    now: Instant,
    outcome: GroupOutcome,
  ): LeaveResult[] {
    const gone = new Set<ConsumerMember>();
    const results = leaving.map(({ memberId, groupInstanceId }) => {
      const isByInstance = memberId === '' && groupInstanceId !== null;
      const found = isByInstance
        ? (group.staticMember(groupInstanceId) ?? ErrorCode.UNKNOWN_MEMBER_ID)
        : findMember(group, memberId, groupInstanceId);
      if (typeof found === 'number') return { memberId, groupInstanceId, errorCode: found };
      if (found.metadata.classic === null)
        return { memberId, groupInstanceId, errorCode: ErrorCode.UNKNOWN_MEMBER_ID };
      gone.add(found);
      return { memberId: found.memberId, groupInstanceId, errorCode: ErrorCode.NONE };
    });
    if (gone.size > 0) this.#parts.membership.remove(group, [...gone], now, outcome);
    return results;
  }
}

function newMemberId({ clientId, memberUuid }: JoinContext, instanceId: string | null): string {
  return `${instanceId ?? clientId}-${memberUuid}`;
}

/** All members of the classic protocol must have a protocol in common (C4). */
function supportsProtocols(
  group: ConsumerGroup,
  protocolType: string,
  protocols: readonly MemberProtocol[],
): boolean {
  if (protocolType !== consumerProtocolType) return false;
  return protocols.some(({ name }) =>
    [...group.members.values()].every(
      ({ metadata }) =>
        metadata.classic === null || metadata.classic.protocols.some((offered) => offered.name === name),
    ),
  );
}

/** The member, or the error code of its absence. */
function findMember(
  group: ConsumerGroup,
  memberId: string,
  instanceId: string | null,
): ConsumerMember | number {
  const member = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId);
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  return member.memberId === memberId ? member : ErrorCode.FENCED_INSTANCE_ID;
}

function validateSync(group: ConsumerGroup, member: ConsumerMember, request: SyncGroupRequest): number {
  const { current, metadata } = member;
  if (metadata.classic === null) return ErrorCode.UNKNOWN_MEMBER_ID;
  if (current.memberEpoch !== request.generationId) return ErrorCode.ILLEGAL_GENERATION;
  const { protocolType, protocolName } = request;
  if (protocolType !== null && protocolType !== consumerProtocolType)
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  if (protocolName !== null && protocolName !== metadata.classic.protocols[0]?.name)
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  // A member with partitions to give up has rejoined already: it must first learn what it keeps.
  return group.epoch > current.memberEpoch && current.state !== 'unrevoked-partitions'
    ? ErrorCode.REBALANCE_IN_PROGRESS
    : ErrorCode.NONE;
}

/** Whether some partition that the member should have is still another's. */
function waitsForOthers(group: ConsumerGroup, { memberId, current }: ConsumerMember): boolean {
  for (const [topicId, partitions] of group.target(memberId))
    for (const partition of partitions.keys()) {
      if (current.assigned.get(topicId)?.has(partition) ?? false) continue;
      if ((group.owner(topicId, partition) ?? memberId) !== memberId) return true;
    }
  return false;
}

/** A member that is told to rejoin must do so within its rebalance timeout. */
function awaitJoin(
  group: ConsumerGroup,
  { memberId, metadata }: ConsumerMember,
  outcome: GroupOutcome,
): void {
  if (group.awaitedJoins.has(memberId)) return;
  group.awaitedJoins.add(memberId);
  const { groupId } = group;
  outcome.setTimer(groupTimerKey.memberJoin(groupId, memberId), metadata.rebalanceTimeoutMs, {
    kind: 'member-join',
    groupId,
    memberId,
  });
}

/** The bytes are copied: they live as long as the member and must not hold the request's frame. */
function copyProtocols(request: JoinGroupRequest): MemberProtocol[] {
  return request.protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }));
}
