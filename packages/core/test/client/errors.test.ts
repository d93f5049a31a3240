// One table of errors: every code of Kafka's and of the clients' own becomes an error with its name, class, flags and advice.
import { adviceFor } from '../../src/client/error-advice.js';
import {
  AuthorizationError,
  BrokerError,
  brokerError,
  clientErrorCodes,
  ConnectionError,
  FencedError,
  isRetriable,
  KafkaError,
  ProducerFencedError,
  SaslAuthenticationError,
  SslAuthenticationError,
  TimeoutError,
  UnknownTopicOrPartitionError,
  UnsupportedVersionError,
} from '../../src/client/errors.js';
import { ErrorCode, errorByCode } from '../../src/protocol/errors.js';

describe('errors of brokers', () => {
  const codes = Object.entries(ErrorCode).filter(([name]) => name !== 'NONE');

  it.each(codes)('%s has its name, its number, and is retriable as the table says', (name, code) => {
    const error = brokerError(code, 'Cannot write to flights-0');
    expect(error).toBeInstanceOf(KafkaError);
    expect(error).toMatchObject({ code: name, errorCode: code, retriable: errorByCode(code).retriable });
    expect(isRetriable(error)).toBe(errorByCode(code).retriable);
    expect(error.message).toBe(
      `Cannot write to flights-0: ${name} (${errorByCode(code).message})${adviceFor(code)}`,
    );
  });

  it('a code that is not known is told by its number and not retried', () => {
    const error = brokerError(31_000, 'Cannot write to flights-0');
    expect(error.message).toContain('Cannot write to flights-0: ');
    expect(isRetriable(error)).toBe(false);
  });

  it("the broker's own words come before the table's, and what to do comes last", () => {
    const { message } = brokerError(
      ErrorCode.TOPIC_AUTHORIZATION_FAILED,
      'Cannot fetch a-0',
      'no READ for ada',
    );
    expect(message).toBe(
      "Cannot fetch a-0: TOPIC_AUTHORIZATION_FAILED (no READ for ada); grant the client's principal the operation on the topic",
    );
  });

  it.each([
    [ErrorCode.GROUP_AUTHORIZATION_FAILED, AuthorizationError],
    [ErrorCode.FENCED_INSTANCE_ID, FencedError],
    [ErrorCode.PRODUCER_FENCED, ProducerFencedError],
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, UnknownTopicOrPartitionError],
    [ErrorCode.UNKNOWN_TOPIC_ID, UnknownTopicOrPartitionError],
    [ErrorCode.UNSUPPORTED_VERSION, UnsupportedVersionError],
    [ErrorCode.NOT_LEADER_OR_FOLLOWER, BrokerError],
  ])('%i has a class of its own', (code, errorClass) => {
    const error = brokerError(code, 'what');
    expect(error).toBeInstanceOf(errorClass);
    expect(error.name).toBe(errorClass.errorName);
  });
});

describe('errors of the clients', () => {
  it('no code of theirs is one of Kafka', () => {
    const kafkaNames = new Set(Object.keys(ErrorCode));
    expect(Object.keys(clientErrorCodes).filter((code) => kafkaNames.has(code))).toEqual([]);
  });

  it.each<[what: string, value: unknown, expected: boolean]>([
    ['a timeout', new TimeoutError('late'), true],
    ['a connection', new ConnectionError('away'), true],
    ['a refused password', new SaslAuthenticationError('who', { broker: 'b', mechanism: 'PLAIN' }), false],
    ['a certificate', new SslAuthenticationError('who', { broker: 'b' }), false],
    ['another error', new Error('anything'), false],
    ['text', 'text', false],
    ['nothing', null, false],
  ])('isRetriable of %s', (_what, value, expected) => {
    expect(isRetriable(value)).toBe(expected);
  });

  it('a connection that failed may say what is behind it, in the message and beside it', () => {
    const error = new ConnectionError('Cannot connect to a:1 (connection reset)', { hint: 'is it TLS?' });
    expect(error).toMatchObject({
      message: 'Cannot connect to a:1 (connection reset); is it TLS?',
      hint: 'is it TLS?',
    });
    expect(new ConnectionError('x').hint).toBeNull();
  });
});
