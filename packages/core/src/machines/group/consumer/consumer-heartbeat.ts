// Decides the answer to a ConsumerGroupHeartbeat: members join, stay and leave by it (C18 to C23).
import { ErrorCode } from '../../../protocol/errors.js';
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from '../../../protocol/messages/68-consumer-group-heartbeat.js';
import type { Instant, Ticket } from '../../coordinator/outcome.js';
import { consumerHeartbeatIntervalMs, consumerSessionTimeoutMs, type GroupConfig } from '../group-config.js';
import type { GroupOutcome } from '../group-outcome.js';
import { renewSession } from '../member-sessions.js';
import { sameAssignment, topicPartitionsOf } from './assignment.js';
import type { ConsumerGroup } from './consumer-group.js';
import { ConsumerGroupDraft } from './consumer-group-draft.js';
import { sameNames, unknownMetadata, type ConsumerMember, type MemberMetadata } from './consumer-member.js';
import type { ConsumerMembership } from './consumer-membership.js';
import { joinEpoch, leaveStaticEpoch, staticMemberRefusal, validateEpoch } from './heartbeat-validation.js';
import type { MemberProgress } from './member-progress.js';
import { memberUnknown, refusedHeartbeat, type Refusal } from './refusal.js';
import type { RegexSubscriptions } from './regex-subscriptions.js';

export interface HeartbeatContext {
  readonly ticket: Ticket<ConsumerGroupHeartbeatResponseInput>;
  readonly clientId: string;
  readonly clientHost: string;
  readonly apiVersion: number;
  /** A fresh id for a member of version 0 that has none. */
  readonly memberUuid: string;
}

/** Where a joining or staying member comes from. */
type Found =
  | { readonly kind: 'member'; readonly member: ConsumerMember }
  | { readonly kind: 'new' }
  /** A static member takes the place of one that had its instance id. */
  | { readonly kind: 'replaces'; readonly previous: ConsumerMember }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export class ConsumerHeartbeat {
  readonly #config: GroupConfig;
  readonly #progress: MemberProgress;
  readonly #membership: ConsumerMembership;
  readonly #regexes: RegexSubscriptions;

  constructor(parts: {
    readonly config: GroupConfig;
    readonly progress: MemberProgress;
    readonly membership: ConsumerMembership;
    readonly regexes: RegexSubscriptions;
  }) {
    this.#config = parts.config;
    this.#progress = parts.progress;
    this.#membership = parts.membership;
    this.#regexes = parts.regexes;
  }

  /** A member joins or stays; `draft` may stand for a group that is not there yet. */
  stay(
    draft: ConsumerGroupDraft,
    request: ConsumerGroupHeartbeatRequest,
    context: HeartbeatContext,
    now: Instant,
  ): Refusal | null {
    const { group, outcome } = draft;
    const memberId = request.memberId === '' ? context.memberUuid : request.memberId;
    const found = this.#find(draft, request, memberId);
    if (found.kind === 'refused') return found.refusal;
    const before = foundMember(found);
    const metadata = metadataOf(before?.metadata ?? unknownMetadata, request, context);
    const refusal = this.#regexes.validate(group, metadata);
    if (refusal !== null) return refusal;
    if (found.kind === 'replaces') replaceMember(draft, found.previous, memberId);
    const member = this.#progress.advance(
      draft,
      { memberId, metadata, owned: request.topicPartitions, shownEpoch: request.memberEpoch },
      now,
    );
    renewSession(group, memberId, consumerSessionTimeoutMs(this.#config, group.groupId), now, outcome);
    const isTold =
      isFullRequest(request) ||
      before === null ||
      !sameAssignment(before.current.assigned, member.current.assigned);
    outcome.reply(context.ticket, {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      memberId,
      memberEpoch: member.current.memberEpoch,
      heartbeatIntervalMs: consumerHeartbeatIntervalMs(this.#config, group.groupId),
      assignment: isTold ? { topicPartitions: topicPartitionsOf(member.current.assigned) } : null,
    });
    return null;
  }

  leave(
    group: ConsumerGroup,
    request: ConsumerGroupHeartbeatRequest,
    context: HeartbeatContext,
    now: Instant,
    outcome: GroupOutcome,
  ): void {
    const { memberId, instanceId, memberEpoch } = request;
    const member = instanceId === null ? group.members.get(memberId) : group.staticMember(instanceId);
    const refusal = instanceId === null ? null : staticMemberRefusal(member, memberId, instanceId);
    if (refusal !== null || member === undefined) {
      outcome.reply(context.ticket, refusedHeartbeat(refusal ?? memberUnknown(memberId, group.groupId)));
      return;
    }
    const isTemporary = memberEpoch === leaveStaticEpoch;
    outcome.note('info', isTemporary ? 'A static member left for a while' : 'A member left', {
      groupId: group.groupId,
      memberId,
    });
    if (isTemporary) this.#membership.leaveTemporarily(group, member, outcome);
    else this.#membership.remove(group, [member], now, outcome);
    outcome.reply(context.ticket, {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      memberId,
      memberEpoch,
      heartbeatIntervalMs: 0,
    });
  }

  #find(draft: ConsumerGroupDraft, request: ConsumerGroupHeartbeatRequest, memberId: string): Found {
    const { memberEpoch, instanceId, topicPartitions } = request;
    const joins = memberEpoch === joinEpoch;
    const known = draft.member(memberId);
    const holder = instanceId === null ? known : draft.staticMember(instanceId);
    if (joins && holder === undefined) return this.#findRoom(draft, known);
    if (joins && holder !== undefined && holder.memberId !== memberId) return replaceable(holder, request);
    const refusal =
      (instanceId === null ? null : staticMemberRefusal(holder, memberId, instanceId)) ??
      (holder === undefined
        ? memberUnknown(memberId, draft.group.groupId)
        : validateEpoch(holder, memberEpoch, topicPartitions));
    if (refusal !== null) return { kind: 'refused', refusal };
    return holder === undefined ? { kind: 'new' } : { kind: 'member', member: holder };
  }

  #findRoom(draft: ConsumerGroupDraft, known: ConsumerMember | undefined): Found {
    // A member that now names an instance id stays who it is.
    if (known !== undefined) return { kind: 'member', member: known };
    const { groupConsumerMaxSize } = this.#config;
    if (draft.members().length < groupConsumerMaxSize) return { kind: 'new' };
    const message = `The consumer group has reached its maximum capacity of ${groupConsumerMaxSize} members.`;
    return { kind: 'refused', refusal: { errorCode: ErrorCode.GROUP_MAX_SIZE_REACHED, message } };
  }
}

function foundMember(found: Found): ConsumerMember | null {
  if (found.kind === 'member') return found.member;
  return found.kind === 'replaces' ? found.previous : null;
}

/** The instance id is free once its holder said that it leaves; a member of the classic protocol gives way in any case (C23, C25). */
function replaceable(previous: ConsumerMember, { memberId }: ConsumerGroupHeartbeatRequest): Found {
  const { current, metadata } = previous;
  if (current.memberEpoch === leaveStaticEpoch || metadata.classic !== null)
    return { kind: 'replaces', previous };
  const message =
    `Static member ${memberId} with instance id ${metadata.instanceId} cannot join the group because the instance id ` +
    `is owned by ${previous.memberId} member.`;
  return { kind: 'refused', refusal: { errorCode: ErrorCode.UNRELEASED_INSTANCE_ID, message } };
}

/** The newcomer takes over what its predecessor had, and should have (C23). */
export function replaceMember(draft: ConsumerGroupDraft, previous: ConsumerMember, memberId: string): void {
  const { group, outcome } = draft;
  const target = draft.target(previous.memberId);
  draft.removeMember(previous);
  const member = draft.putMetadata(memberId, previous.metadata);
  draft.putTarget(memberId, target);
  draft.putCurrent(member, {
    memberEpoch: joinEpoch,
    previousMemberEpoch: joinEpoch,
    state: 'stable',
    assigned: previous.current.assigned,
    pendingRevocation: new Map(),
  });
  outcome.note('info', 'A static member came back under a new id', {
    groupId: group.groupId,
    memberId,
    previousMemberId: previous.memberId,
    instanceId: previous.metadata.instanceId,
  });
}

/** Null, or -1, means that nothing changed (C22). */
function metadataOf(
  known: MemberMetadata,
  request: ConsumerGroupHeartbeatRequest,
  { clientId, clientHost }: HeartbeatContext,
): MemberMetadata {
  const names = request.subscribedTopicNames;
  const topicNames = names === null ? known.subscribedTopicNames : [...new Set(names)].sort();
  return {
    instanceId: request.instanceId ?? known.instanceId,
    rackId: request.rackId ?? known.rackId,
    clientId,
    clientHost,
    subscribedTopicNames: sameNames(topicNames, known.subscribedTopicNames)
      ? known.subscribedTopicNames
      : topicNames,
    subscribedTopicRegex: request.subscribedTopicRegex ?? known.subscribedTopicRegex,
    rebalanceTimeoutMs:
      request.rebalanceTimeoutMs === -1 ? known.rebalanceTimeoutMs : request.rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? known.serverAssignor,
    classic: null,
  };
}

/** A member that joins, or had no answer to its last request, says all it can say. */
function isFullRequest(request: ConsumerGroupHeartbeatRequest): boolean {
  return (
    request.memberEpoch === joinEpoch ||
    (request.rebalanceTimeoutMs !== -1 &&
      (request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null) &&
      request.topicPartitions !== null)
  );
}
