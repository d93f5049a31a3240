// Decides which heartbeats of consumer-group members are well formed, and which epochs are believed (C18, C20, C23).
import { ErrorCode } from '../../../protocol/errors.js';
import type { ConsumerGroupHeartbeatRequest } from '../../../protocol/messages/68-consumer-group-heartbeat.js';
import type { ServerAssignors } from '../assignors/server-assignors.js';
import { liesWithin, type TopicPartitions } from './assignment.js';
import type { ConsumerMember } from './consumer-member.js';
import { invalidRequest, type Refusal } from './refusal.js';

export const joinEpoch = 0;
export const leaveEpoch = -1;
/** A static member goes and means to come back within its session. */
export const leaveStaticEpoch = -2;

/** Since this version members choose their ids themselves (KIP-1082). */
const ownMemberIdSince = 1;

export function validateHeartbeat(
  request: ConsumerGroupHeartbeatRequest,
  apiVersion: number,
  assignors: ServerAssignors,
): Refusal | null {
  const { memberEpoch, serverAssignor } = request;
  if (isBlank(request.groupId)) return invalidRequest("GroupId can't be empty.");
  if (isBlank(request.instanceId)) return invalidRequest("InstanceId can't be empty.");
  if (isBlank(request.rackId)) return invalidRequest("RackId can't be empty.");
  const needsMemberId = apiVersion >= ownMemberIdSince || memberEpoch !== joinEpoch;
  if (needsMemberId && isBlank(request.memberId)) return invalidRequest("MemberId can't be empty.");
  if (memberEpoch < leaveStaticEpoch) return invalidRequest('MemberEpoch is invalid.');
  if (memberEpoch === leaveStaticEpoch && request.instanceId === null)
    return invalidRequest("InstanceId can't be null.");
  if (memberEpoch === joinEpoch) {
    const refusal = validateJoin(request);
    if (refusal !== null) return refusal;
  }
  if (serverAssignor === null || assignors.has(serverAssignor)) return null;
  return {
    errorCode: ErrorCode.UNSUPPORTED_ASSIGNOR,
    message: `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${assignors.names.join(', ')}.`,
  };
}

function validateJoin(request: ConsumerGroupHeartbeatRequest): Refusal | null {
  if (request.rebalanceTimeoutMs === -1)
    return invalidRequest('RebalanceTimeoutMs must be provided in first request.');
  if (request.topicPartitions === null || request.topicPartitions.length > 0)
    return invalidRequest('TopicPartitions must be empty when (re-)joining.');
  return request.subscribedTopicNames === null && request.subscribedTopicRegex === null
    ? invalidRequest(
        'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.',
      )
    : null;
}

/**
 * A member may always join again; otherwise it must show its epoch, or the one before when the reply may have been lost (C20). What it
 * has to give up is still its own then: it may have been told so in the very reply that was lost.
 */
export function validateEpoch(
  { current }: ConsumerMember,
  shownEpoch: number,
  owned: readonly TopicPartitions[] | null,
): Refusal | null {
  if (shownEpoch === joinEpoch) return null;
  if (current.state === 'unknown' && (owned === null || owned.length > 0))
    return {
      errorCode: ErrorCode.FENCED_MEMBER_EPOCH,
      message:
        'The consumer group member is in a unknown state. The member must abandon all its partitions and rejoin.',
    };
  if (shownEpoch === current.memberEpoch) return null;
  const mayHaveLostReply =
    shownEpoch < current.memberEpoch &&
    shownEpoch === current.previousMemberEpoch &&
    liesWithin(owned, current.assigned, current.pendingRevocation);
  if (mayHaveLostReply) return null;
  const comparison = shownEpoch > current.memberEpoch ? 'greater' : 'smaller';
  return {
    errorCode: ErrorCode.FENCED_MEMBER_EPOCH,
    message:
      `The consumer group member has a ${comparison} member epoch (${shownEpoch}) than the one known by the group ` +
      `coordinator (${current.memberEpoch}). The member must abandon all its partitions and rejoin.`,
  };
}

/** The static member of that instance id, when it is the one that asks (C23). */
export function staticMemberRefusal(
  member: ConsumerMember | undefined,
  memberId: string,
  instanceId: string,
): Refusal | null {
  if (member === undefined)
    return { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, message: `Instance id ${instanceId} is unknown.` };
  if (member.memberId === memberId) return null;
  return {
    errorCode: ErrorCode.FENCED_INSTANCE_ID,
    message: `Static member ${memberId} with instance id ${instanceId} was fenced by member ${member.memberId}.`,
  };
}

function isBlank(text: string | null): boolean {
  return text !== null && text.trim() === '';
}
