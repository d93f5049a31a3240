// Decides what a message says to do about an error of a broker, where there is one thing to do whatever was asked.
import { ErrorCode } from '../protocol/errors.js';

const advices: ReadonlyMap<number, string> = new Map([
  [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'create the topic, or check its name'],
  [ErrorCode.INVALID_TOPIC_EXCEPTION, 'names have up to 249 letters, digits, dots, underscores and hyphens'],
  [
    ErrorCode.OFFSET_METADATA_TOO_LARGE,
    'shorten the metadata, or raise offset.metadata.max.bytes of the brokers',
  ],
  [
    ErrorCode.NOT_ENOUGH_REPLICAS,
    'fewer replicas than min.insync.replicas are in sync: look at the brokers that are away',
  ],
  [
    ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    'fewer replicas than min.insync.replicas are in sync: look at the brokers that are away',
  ],
  [
    ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
    'all members of a group need one partitionAssignmentStrategy in common',
  ],
  [ErrorCode.INVALID_GROUP_ID, 'give another groupId'],
  [
    ErrorCode.INVALID_SESSION_TIMEOUT,
    'sessionTimeoutMs has to lie within group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers',
  ],
  [ErrorCode.GROUP_MAX_SIZE_REACHED, 'stop other members, or raise group.max.size of the brokers'],
  [ErrorCode.TOPIC_AUTHORIZATION_FAILED, "grant the client's principal the operation on the topic"],
  [ErrorCode.GROUP_AUTHORIZATION_FAILED, "grant the client's principal the operation on the group"],
  [ErrorCode.CLUSTER_AUTHORIZATION_FAILED, "grant the client's principal the operation on the cluster"],
  [
    ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    "grant the client's principal the operation on the transactional id",
  ],
  [ErrorCode.INVALID_REPLICATION_FACTOR, 'it can be as large as the number of brokers'],
  [
    ErrorCode.INVALID_TRANSACTION_TIMEOUT,
    'transactionTimeoutMs can be as long as transaction.max.timeout.ms of the brokers',
  ],
  [ErrorCode.SECURITY_DISABLED, 'the brokers have no authorizer (authorizer.class.name)'],
  [ErrorCode.KAFKA_STORAGE_ERROR, "a disk of the broker has failed: look at the broker's log"],
  [ErrorCode.NON_EMPTY_GROUP, 'stop the members of the group first'],
  [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, 'members of the group still read the topic: stop them first'],
  [ErrorCode.TOPIC_DELETION_DISABLED, 'set delete.topic.enable of the brokers'],
  [ErrorCode.FENCED_INSTANCE_ID, 'another member has taken the groupInstanceId: give each its own'],
  [ErrorCode.UNRELEASED_INSTANCE_ID, 'another member has the groupInstanceId: give each its own'],
  [ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, 'choose another compressionType'],
]);

/** Begins with a semicolon; empty where there is nothing to say in general. */
export function adviceFor(errorCode: number): string {
  const advice = advices.get(errorCode);
  return advice === undefined ? '' : `; ${advice}`;
}
