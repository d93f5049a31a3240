// Decides the errors that users of the clients see: one hierarchy over Kafka's error codes and the clients' own.
import { ErrorCode, errorByCode } from '../protocol/errors.js';
import { adviceFor } from './error-advice.js';
import type { RecordMetadata } from './types.js';

/** What the clients themselves can find wrong; everything else bears Kafka's own error name. */
export const clientErrorCodes = {
  TIMED_OUT: { retriable: true },
  BUFFER_EXHAUSTED: { retriable: true },
  CONNECTION_FAILED: { retriable: true },
  DISCONNECTED: { retriable: true },
  TOO_MANY_REQUESTS: { retriable: true },
  MALFORMED_RESPONSE: { retriable: false },
  SERIALIZATION_FAILED: { retriable: false },
  RECORD_TOO_LARGE: { retriable: false },
  INVALID_OPTION: { retriable: false },
  INVALID_ARGUMENT: { retriable: false },
  ILLEGAL_STATE: { retriable: false },
  CLOSED: { retriable: false },
  ABORTED: { retriable: false },
  WAKEUP: { retriable: true },
  COMMIT_FAILED: { retriable: false },
  NO_OFFSET_FOR_PARTITION: { retriable: false },
  LOG_TRUNCATED: { retriable: false },
  CORRUPT_RECORD: { retriable: false },
  SEND_FAILED: { retriable: false },
  TRANSACTION_ABORTED: { retriable: false },
  AUTHENTICATION_FAILED: { retriable: false },
  SSL_AUTHENTICATION_FAILED: { retriable: false },
} as const satisfies Record<string, { readonly retriable: boolean }>;

/** The codes of what the clients themselves find wrong. */
export type ClientErrorCode = keyof typeof clientErrorCodes;

/** What a KafkaError is made of, beside its message. */
export interface KafkaErrorOptions {
  /** Kafka's error name, for example `UNKNOWN_TOPIC_OR_PARTITION`, or one of the clients' own codes. */
  readonly code: string;
  /** The number that came over the wire, when one did. */
  readonly errorCode?: number | null;
  /** Whether doing the same again may succeed. Default: false. */
  readonly retriable?: boolean;
  /** Whether the client that throws it is finished. Default: false. */
  readonly fatal?: boolean;
  /** Whether aborting the transaction makes the producer usable again. Default: false. */
  readonly abortable?: boolean;
  /** The error behind it. */
  readonly cause?: unknown;
}

function brandOf(name: string): symbol {
  return Symbol.for(`@ottla/core.${name}`);
}

const functionHasInstance = Function.prototype[Symbol.hasInstance];

/**
 * The base of every error that the clients throw. `instanceof` looks at a mark, not at the class itself, so that it holds
 * between two installed copies of the package.
 */
export class KafkaError extends Error {
  /** The class's name; a mark of the same name is what `instanceof` asks for. */
  static readonly errorName: string = 'KafkaError';

  /** Kafka's name of the error, for example `NOT_LEADER_OR_FOLLOWER`, or one of the clients' own codes, for example `TIMED_OUT`. */
  readonly code: string;
  /** Kafka's number of the error when a broker answered with it, else null. */
  readonly errorCode: number | null;
  /** Whether doing the same again may succeed. */
  readonly retriable: boolean;
  /** Whether the client that threw it can do nothing more and has to be closed. */
  readonly fatal: boolean;
  /** Whether the transaction has to be aborted, after which the producer can go on. */
  readonly abortable: boolean;

  constructor(message: string, options: KafkaErrorOptions) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = (new.target as typeof KafkaError).errorName;
    this.code = options.code;
    this.errorCode = options.errorCode ?? null;
    this.retriable = options.retriable ?? false;
    this.fatal = options.fatal ?? false;
    this.abortable = options.abortable ?? false;
  }

  /** Whether a value is such an error, of this copy of the package or another. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!Object.hasOwn(this, 'errorName')) return functionHasInstance.call(this, value);
    return typeof value === 'object' && value !== null && brandOf(this.errorName) in value;
  }
}

/** Puts the mark of a class on its instances. */
function mark(errorClass: { readonly errorName: string; readonly prototype: object }): void {
  Object.defineProperty(errorClass.prototype, brandOf(errorClass.errorName), { value: true });
}

/** What an error of the clients may say beside its message. */
export type ClientErrorDetails = Omit<KafkaErrorOptions, 'code' | 'errorCode' | 'retriable'>;

function clientError(code: ClientErrorCode, details: ClientErrorDetails = {}): KafkaErrorOptions {
  return { ...details, code, retriable: clientErrorCodes[code].retriable };
}

/** Something did not happen in the time it was given; `cause` tells what stood in the way, when that is known. */
export class TimeoutError extends KafkaError {
  static override readonly errorName: string = 'TimeoutError';

  constructor(message: string, options: ClientErrorDetails & { readonly code?: ClientErrorCode } = {}) {
    super(message, clientError(options.code ?? 'TIMED_OUT', options));
  }
}

/** The producer's buffer memory stayed full for `maxBlockMs`. */
export class BufferExhaustedError extends TimeoutError {
  static override readonly errorName: string = 'BufferExhaustedError';

  constructor(message: string, options: ClientErrorDetails = {}) {
    super(message, { ...options, code: 'BUFFER_EXHAUSTED' });
  }
}

/** A broker could not be reached, or the connection to it broke before the answer came. */
export class ConnectionError extends KafkaError {
  static override readonly errorName: string = 'ConnectionError';
  /** What may be behind it, as the message says too; null where nothing can be said. */
  readonly hint: string | null;

  constructor(
    message: string,
    options: ClientErrorDetails & {
      readonly code?: 'CONNECTION_FAILED' | 'DISCONNECTED';
      readonly hint?: string | null;
    } = {},
  ) {
    const { hint = null } = options;
    super(
      hint === null ? message : `${message}; ${hint}`,
      clientError(options.code ?? 'CONNECTION_FAILED', options),
    );
    this.hint = hint;
  }
}

/** What is known of an authentication that failed. */
export interface AuthenticationErrorDetails {
  /** The broker, by id and address. */
  readonly broker: string;
  /** The error behind it, if there is one. */
  readonly cause?: unknown;
}

/**
 * Client and broker could not agree on who the other is. Doing the same again does not help; the message tells what to look at.
 * Kafka: `AuthenticationException`.
 */
export class AuthenticationError extends KafkaError {
  static override readonly errorName: string = 'AuthenticationError';
  /** The broker, by id and address. */
  readonly broker: string;

  constructor(
    message: string,
    details: AuthenticationErrorDetails & { readonly code?: string; readonly errorCode?: number | null },
  ) {
    const { broker, code = 'AUTHENTICATION_FAILED', errorCode = null, cause } = details;
    super(message, { code, errorCode, ...(cause !== undefined && { cause }) });
    this.broker = broker;
  }
}

/** The broker refused the SASL credentials or the mechanism, or failed to prove itself. Kafka: `SaslAuthenticationException`. */
export class SaslAuthenticationError extends AuthenticationError {
  static override readonly errorName: string = 'SaslAuthenticationError';
  /** The SASL mechanism that was tried. */
  readonly mechanism: string;

  constructor(
    message: string,
    details: AuthenticationErrorDetails & { readonly mechanism: string; readonly errorCode?: number | null },
  ) {
    const { errorCode = null } = details;
    const code = errorByCode(errorCode ?? ErrorCode.SASL_AUTHENTICATION_FAILED).name;
    super(message, { ...details, code, errorCode });
    this.mechanism = details.mechanism;
  }
}

/** The TLS handshake failed: a certificate is not trusted, names another host, or is missing. Kafka: `SslAuthenticationException`. */
export class SslAuthenticationError extends AuthenticationError {
  static override readonly errorName: string = 'SslAuthenticationError';

  constructor(message: string, details: AuthenticationErrorDetails) {
    super(message, { ...details, code: 'SSL_AUTHENTICATION_FAILED' });
  }
}

/** Where the bytes or the value belong. */
export interface SerializationErrorDetails {
  /** The topic that was written to or read from. */
  readonly topic: string;
  /** Whether it is the key or the value. */
  readonly part: 'key' | 'value';
  /** The partition that was read from. */
  readonly partition?: number;
  /** The offset that was read. */
  readonly offset?: number;
  /** What the serializer or deserializer threw. */
  readonly cause?: unknown;
}

/** A key or a value could not be turned into bytes, or bytes could not be turned into a value. */
export class SerializationError extends KafkaError {
  static override readonly errorName: string = 'SerializationError';
  /** The topic that was written to or read from. */
  readonly topic: string;
  /** Whether it is the key or the value. */
  readonly part: 'key' | 'value';
  /** The partition that was read from; null when writing. */
  readonly partition: number | null;
  /** The offset that was read; null when writing. */
  readonly offset: number | null;

  constructor(message: string, details: SerializationErrorDetails) {
    super(message, clientError('SERIALIZATION_FAILED', { cause: details.cause }));
    this.topic = details.topic;
    this.part = details.part;
    this.partition = details.partition ?? null;
    this.offset = details.offset ?? null;
  }
}

/** A record is larger than the producer, or the broker, takes. */
export class RecordTooLargeError extends KafkaError {
  static override readonly errorName: string = 'RecordTooLargeError';

  constructor(message: string, options: ClientErrorDetails & { readonly errorCode?: number } = {}) {
    const { errorCode } = options;
    super(message, {
      ...options,
      code: errorCode === undefined ? 'RECORD_TOO_LARGE' : errorByCode(errorCode).name,
      retriable: false,
    });
  }
}

/** An option of a client has a value it cannot have. */
export class InvalidOptionError extends KafkaError {
  static override readonly errorName: string = 'InvalidOptionError';

  constructor(
    /** The name of the option. */
    readonly option: string,
    message: string,
  ) {
    super(message, clientError('INVALID_OPTION'));
  }
}

/** A call was made with an argument that no broker would take. */
export class InvalidArgumentError extends KafkaError {
  static override readonly errorName: string = 'InvalidArgumentError';

  constructor(message: string, options: ClientErrorDetails = {}) {
    super(message, clientError('INVALID_ARGUMENT', options));
  }
}

/** A call does not fit the state the client is in. */
export class IllegalStateError extends KafkaError {
  static override readonly errorName: string = 'IllegalStateError';

  constructor(message: string, options: ClientErrorDetails = {}) {
    super(message, clientError('ILLEGAL_STATE', options));
  }
}

/** The client was closed before, or while, it was asked. */
export class ClosedError extends KafkaError {
  static override readonly errorName: string = 'ClosedError';

  constructor(message: string, options: ClientErrorDetails = {}) {
    super(message, clientError('CLOSED', options));
  }
}

/** The broker does not speak a version that this request needs. */
export class UnsupportedVersionError extends KafkaError {
  static override readonly errorName: string = 'UnsupportedVersionError';

  constructor(message: string, options: ClientErrorDetails = {}) {
    super(message, { ...options, code: 'UNSUPPORTED_VERSION', errorCode: ErrorCode.UNSUPPORTED_VERSION });
  }
}

/** A broker answered with one of Kafka's error codes; `code` is Kafka's name of it. */
export class BrokerError extends KafkaError {
  static override readonly errorName: string = 'BrokerError';
}

/** The broker refuses this principal the operation. */
export class AuthorizationError extends BrokerError {
  static override readonly errorName: string = 'AuthorizationError';
}

/** Another instance took this one's place: the client is finished. */
export class FencedError extends BrokerError {
  static override readonly errorName: string = 'FencedError';
}

/** Another producer began with the same transactional id (`transactionalId`): close this one. */
export class ProducerFencedError extends FencedError {
  static override readonly errorName: string = 'ProducerFencedError';
}

/** A partition has seen a later epoch of this producer. In a transaction: abort it; a producer that was fenced is told so then. */
export class InvalidProducerEpochError extends BrokerError {
  static override readonly errorName: string = 'InvalidProducerEpochError';
}

/** The coordinator finds the transaction in a state that does not fit what it is asked; the producer is finished. */
export class InvalidTransactionStateError extends BrokerError {
  static override readonly errorName: string = 'InvalidTransactionStateError';
}

/** The transaction can only be aborted: call `abortTransaction()`, then begin another. `cause` tells what went wrong. */
export class TransactionAbortableError extends BrokerError {
  static override readonly errorName: string = 'TransactionAbortableError';

  constructor(message: string, options: ClientErrorDetails = {}) {
    super(message, {
      ...options,
      code: 'TRANSACTION_ABORTABLE',
      errorCode: ErrorCode.TRANSACTION_ABORTABLE,
      abortable: true,
    });
  }
}

/** The record, or the offsets, were not sent, because their transaction was aborted. */
export class TransactionAbortedError extends KafkaError {
  static override readonly errorName: string = 'TransactionAbortedError';

  constructor(message: string, options: ClientErrorDetails = {}) {
    super(message, clientError('TRANSACTION_ABORTED', options));
  }
}

/** The topic, the partition or the topic id is not known to the cluster. */
export class UnknownTopicOrPartitionError extends BrokerError {
  static override readonly errorName: string = 'UnknownTopicOrPartitionError';
}

/** `wakeup()` ended a poll. */
export class WakeupError extends KafkaError {
  static override readonly errorName: string = 'WakeupError';

  constructor(message = 'The poll was ended by wakeup()') {
    super(message, clientError('WAKEUP'));
  }
}

/** A commit came too late: the group has gone on without this member. */
export class CommitFailedError extends KafkaError {
  static override readonly errorName: string = 'CommitFailedError';

  constructor(message: string, options: ClientErrorDetails & { readonly errorCode?: number } = {}) {
    super(message, { ...options, code: 'COMMIT_FAILED', retriable: false });
  }
}

/** A partition has no committed offset and `autoOffsetReset` is `none`. */
export class NoOffsetForPartitionError extends KafkaError {
  static override readonly errorName: string = 'NoOffsetForPartitionError';

  constructor(message: string, options: ClientErrorDetails = {}) {
    super(message, clientError('NO_OFFSET_FOR_PARTITION', options));
  }
}

/** Where a log was cut off behind the consumer's back. */
export interface LogTruncation {
  /** The topic. */
  readonly topic: string;
  /** The partition. */
  readonly partition: number;
  /** The position of the consumer, behind the cut. */
  readonly offset: number;
  /** The first offset at which what was read and what the log holds differ; null when the leader does not know. */
  readonly divergentOffset: number | null;
}

/**
 * An unclean leader election dropped records that this consumer has read, and `autoOffsetReset` is `none` (KIP-320). The position
 * stays, and every poll throws, until the application seeks. Kafka's LogTruncationException.
 */
export class LogTruncationError extends KafkaError {
  static override readonly errorName: string = 'LogTruncationError';

  /** Where the log was cut off. */
  readonly truncation: LogTruncation;

  constructor(truncation: LogTruncation, options: ClientErrorDetails = {}) {
    const { topic, partition, offset, divergentOffset } = truncation;
    const where = divergentOffset === null ? 'somewhere below it' : `at offset ${divergentOffset}`;
    super(
      `The log of ${topic}-${partition} was truncated ${where}, and the position was ${offset}: what was read between them is gone; seek, or set autoOffsetReset to earliest or latest`,
      clientError('LOG_TRUNCATED', options),
    );
    this.truncation = truncation;
  }
}

/** A batch of records failed its checks when it was read. */
export class CorruptRecordError extends KafkaError {
  static override readonly errorName: string = 'CorruptRecordError';

  constructor(message: string, options: ClientErrorDetails = {}) {
    super(message, clientError('CORRUPT_RECORD', options));
  }
}

/** Some records of a sendMany failed; the others were delivered. */
export class SendManyError extends KafkaError {
  static override readonly errorName: string = 'SendManyError';

  constructor(
    message: string,
    first: KafkaError | null,
    /** What became of each record, in the order of the call. */
    readonly results: readonly (RecordMetadata | Error)[],
  ) {
    super(message, {
      code: first?.code ?? 'SEND_FAILED',
      errorCode: first?.errorCode ?? null,
      retriable: first?.retriable ?? false,
      fatal: first?.fatal ?? false,
      cause: first ?? results.find((result) => result instanceof Error),
    });
  }
}

for (const errorClass of [
  KafkaError,
  TimeoutError,
  BufferExhaustedError,
  ConnectionError,
  AuthenticationError,
  SaslAuthenticationError,
  SslAuthenticationError,
  SerializationError,
  RecordTooLargeError,
  InvalidOptionError,
  InvalidArgumentError,
  IllegalStateError,
  ClosedError,
  UnsupportedVersionError,
  BrokerError,
  AuthorizationError,
  FencedError,
  ProducerFencedError,
  InvalidProducerEpochError,
  InvalidTransactionStateError,
  TransactionAbortableError,
  TransactionAbortedError,
  UnknownTopicOrPartitionError,
  WakeupError,
  CommitFailedError,
  NoOffsetForPartitionError,
  LogTruncationError,
  CorruptRecordError,
  SendManyError,
]) {
  mark(errorClass);
}

const authorizationCodes: ReadonlySet<number> = new Set([
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.GROUP_AUTHORIZATION_FAILED,
  ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
]);

const fencedCodes: ReadonlySet<number> = new Set([ErrorCode.PRODUCER_FENCED, ErrorCode.FENCED_INSTANCE_ID]);

const unknownTopicCodes: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
]);

function classFor(errorCode: number): typeof BrokerError {
  if (authorizationCodes.has(errorCode)) return AuthorizationError;
  if (errorCode === ErrorCode.PRODUCER_FENCED) return ProducerFencedError;
  if (fencedCodes.has(errorCode)) return FencedError;
  if (errorCode === ErrorCode.INVALID_PRODUCER_EPOCH) return InvalidProducerEpochError;
  if (errorCode === ErrorCode.INVALID_TXN_STATE) return InvalidTransactionStateError;
  if (unknownTopicCodes.has(errorCode)) return UnknownTopicOrPartitionError;
  return BrokerError;
}

/**
 * The error for a code that a broker answered with. `what` tells what was asked of whom and is completed with Kafka's name and
 * text, and with what to do about it: "Cannot write to flights-0 on broker 1 (host:9092): NOT_ENOUGH_REPLICAS (…); …".
 */
export function brokerError(
  errorCode: number,
  what: string,
  brokerMessage: string | null = null,
  flags: { readonly fatal?: boolean } = {},
): KafkaError {
  const known = errorByCode(errorCode);
  const message = `${what}: ${known.name} (${brokerMessage ?? known.message})${adviceFor(errorCode)}`;
  if (errorCode === ErrorCode.UNSUPPORTED_VERSION) return new UnsupportedVersionError(message);
  if (errorCode === ErrorCode.TRANSACTION_ABORTABLE) return new TransactionAbortableError(message);
  return new (classFor(errorCode))(message, {
    code: known.name,
    errorCode,
    retriable: known.retriable,
    fatal: flags.fatal ?? fencedCodes.has(errorCode),
  });
}

/** Whether doing the same again may succeed; false for anything that is not one of the clients' errors. */
export function isRetriable(error: unknown): boolean {
  return error instanceof KafkaError && error.retriable;
}
