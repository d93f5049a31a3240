import { BadRequestException, ForbiddenException, Logger } from '@nestjs/common';
import { createKafka, RecordHeaders, SerializationError } from '@ottla/core';
import {
  DefaultErrorHandler,
  exponentialBackOff,
  fixedBackOff,
  DefaultKafkaProducerFactory,
  KafkaTemplate,
  type ListenerFailure,
} from '../../src/index.js';

const kafka = createKafka({ bootstrapServers: '127.0.0.1:1' });
const kafkaTemplate = new KafkaTemplate(new DefaultKafkaProducerFactory(kafka));
afterAll(() => kafka.close());

function failure(error: unknown, attempt: number): ListenerFailure {
  return {
    listenerId: 'orders',
    groupId: 'billing',
    record: {
      topic: 'orders',
      partition: 1,
      offset: 9,
      timestamp: 0,
      timestampType: 'CreateTime',
      leaderEpoch: null,
      key: null,
      value: 'v',
      headers: RecordHeaders.empty,
    },
    rawKey: null,
    rawValue: Buffer.from('v'),
    error,
    attempt,
    kafkaTemplate,
  };
}

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  jest
    .spyOn(Logger.prototype, 'error')
    .mockImplementation((line: unknown) => void lines.push(`error ${String(line)}`));
  jest
    .spyOn(Logger.prototype, 'warn')
    .mockImplementation((line: unknown) => void lines.push(`warn ${String(line)}`));
});
afterEach(() => jest.restoreAllMocks());

describe('back-off', () => {
  test('exponential: 1, 2, 4, 8, 16 s, then no more', () => {
    const backOff = exponentialBackOff();
    expect([1, 2, 3, 4, 5, 6].map((retry) => backOff.delayMs(retry))).toEqual([
      1_000,
      2_000,
      4_000,
      8_000,
      16_000,
      null,
    ]);
  });

  test('exponential: never above its limit', () => {
    expect(exponentialBackOff({ maxRetries: 20, maxIntervalMs: 5_000 }).delayMs(20)).toBe(5_000);
  });

  test('fixed', () => {
    const backOff = fixedBackOff({ intervalMs: 10, maxRetries: 2 });
    expect([1, 2, 3].map((retry) => backOff.delayMs(retry))).toEqual([10, 10, null]);
    expect(() => fixedBackOff({ intervalMs: -1, maxRetries: 2 })).toThrow('fixedBackOff intervalMs is -1');
  });
});

describe('DefaultErrorHandler', () => {
  const backOff = fixedBackOff({ intervalMs: 10, maxRetries: 2 });

  test('retries within the back-off, warns once, then skips with one error line naming topic, partition and offset', async () => {
    const handler = new DefaultErrorHandler({ backOff });
    expect(await handler.handle(failure(new Error('no'), 1))).toEqual({ kind: 'retry', delayMs: 10 });
    expect(await handler.handle(failure(new Error('no'), 2))).toEqual({ kind: 'retry', delayMs: 10 });
    expect(await handler.handle(failure(new Error('no'), 3))).toEqual({ kind: 'skip' });
    expect(lines).toEqual([
      'warn Record orders-1@9 of listener orders (group billing) failed, trying again in 10 ms: Error: no',
      'error Record orders-1@9 of listener orders (group billing) failed and is skipped after 3 deliveries: Error: no',
    ]);
  });

  test.each([
    new SerializationError('bad bytes', { topic: 'orders', part: 'value' }),
    new BadRequestException(['amount must be a number', 'id is missing']),
    new ForbiddenException(),
  ])('%s is not tried again', async (error) => {
    expect(await new DefaultErrorHandler({ backOff }).handle(failure(error, 1))).toEqual({ kind: 'skip' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('orders-1@9');
  });

  test('what a ValidationPipe found is in the line', async () => {
    await new DefaultErrorHandler().handle(failure(new BadRequestException(['a is wrong', 'b too']), 1));
    expect(lines[0]).toContain('a is wrong; b too');
  });

  test('classes and tests of errors move the line between retried and not', async () => {
    class Gone extends Error {}
    const handler = new DefaultErrorHandler({
      backOff,
      notRetryable: [Gone, (error) => error instanceof Error && error.message === 'never'],
      retryable: [BadRequestException],
    });
    expect(await handler.handle(failure(new Gone(), 1))).toEqual({ kind: 'skip' });
    expect(await handler.handle(failure(new Error('never'), 1))).toEqual({ kind: 'skip' });
    expect(await handler.handle(failure(new BadRequestException(), 1))).toEqual({
      kind: 'retry',
      delayMs: 10,
    });
  });

  test('the recoverer gets the raw bytes; when it fails the record is kept', async () => {
    const recovered: (Buffer | null)[] = [];
    let broken = true;
    const handler = new DefaultErrorHandler({
      backOff: fixedBackOff({ intervalMs: 0, maxRetries: 0 }),
      recoverer: (failed) => {
        if (broken) {
          throw new Error('dead letter topic is away');
        }
        recovered.push(failed.rawValue);
      },
    });
    expect(await handler.handle(failure(new Error('no'), 1))).toEqual({ kind: 'retry', delayMs: 1_000 });
    expect(lines[0]).toContain(
      'could not be recovered, trying again in 1000 ms: Error: dead letter topic is away',
    );
    broken = false;
    expect(await handler.handle(failure(new Error('no'), 2))).toEqual({ kind: 'skip' });
    expect(recovered).toEqual([Buffer.from('v')]);
  });
});
