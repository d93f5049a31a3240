// Decides how a heartbeat that is not accepted is answered: with Kafka's error and a sentence that says why.
import { ErrorCode } from '../../../protocol/errors.js';
import type { ConsumerGroupHeartbeatResponseInput } from '../../../protocol/messages/68-consumer-group-heartbeat.js';

export interface Refusal {
  readonly errorCode: number;
  readonly message: string;
}

export function invalidRequest(message: string): Refusal {
  return { errorCode: ErrorCode.INVALID_REQUEST, message };
}

export function groupNotFound(groupId: string): Refusal {
  return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, message: `Consumer group ${groupId} not found.` };
}

export function notConsumerGroup(groupId: string): Refusal {
  return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, message: `Group ${groupId} is not a consumer group.` };
}

export function memberUnknown(memberId: string, groupId: string): Refusal {
  return {
    errorCode: ErrorCode.UNKNOWN_MEMBER_ID,
    message: `Member ${memberId} is not a member of group ${groupId}.`,
  };
}

export function refusedHeartbeat({ errorCode, message }: Refusal): ConsumerGroupHeartbeatResponseInput {
  return { throttleTimeMs: 0, errorCode, errorMessage: message, memberEpoch: 0, heartbeatIntervalMs: 0 };
}
