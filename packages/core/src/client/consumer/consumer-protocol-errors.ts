// Decides what the application reads when the coordinator refuses a member of the consumer group protocol (KIP-848).
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError, UnsupportedVersionError, type KafkaError } from '../errors.js';

export interface HeartbeatRefusal {
  readonly errorCode: number;
  readonly message: string | null;
}

interface RefusedMember {
  readonly groupInstanceId: string | null;
  readonly groupRemoteAssignor: string | null;
}

export function heartbeatFailure(
  { errorCode, message }: HeartbeatRefusal,
  groupId: string,
  { groupInstanceId, groupRemoteAssignor }: RefusedMember,
): KafkaError {
  const what = `Cannot be a member of group ${groupId}`;
  switch (errorCode) {
    case ErrorCode.UNRELEASED_INSTANCE_ID:
      return brokerError(
        errorCode,
        `${what}: another consumer with groupInstanceId ${groupInstanceId} is alive; close it, or give each its own`,
        message,
      );
    case ErrorCode.FENCED_INSTANCE_ID:
      return brokerError(
        errorCode,
        `${what}: a newer consumer with groupInstanceId ${groupInstanceId} took its place; give each its own`,
        message,
      );
    case ErrorCode.UNSUPPORTED_ASSIGNOR:
      return brokerError(
        errorCode,
        `${what}: the brokers do not have the assignor ${groupRemoteAssignor} that groupRemoteAssignor names`,
        message,
      );
    case ErrorCode.GROUP_ID_NOT_FOUND:
      return brokerError(
        errorCode,
        `${what}: it is a classic group that cannot change to the consumer protocol now (group.consumer.migration.policy)`,
        message,
      );
    case ErrorCode.UNSUPPORTED_VERSION:
      return unsupportedProtocol(groupId, brokerError(errorCode, what, message));
    default:
      return brokerError(errorCode, what, message);
  }
}

export function unsupportedProtocol(groupId: string, cause: KafkaError): UnsupportedVersionError {
  return new UnsupportedVersionError(
    `Cannot join group ${groupId}: the cluster does not have the consumer group protocol (Kafka 4.0 and newer); set groupProtocol to classic`,
    { cause },
  );
}

export function unsupportedExpression(groupId: string, expression: string): UnsupportedVersionError {
  return new UnsupportedVersionError(
    `Cannot join group ${groupId}: its coordinator cannot match topics with ${JSON.stringify(expression)} (Kafka 4.0 and newer can); subscribe with a RegExp instead`,
  );
}
