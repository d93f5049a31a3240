import { InvalidOptionError } from '../../src/client/errors.js';
import { producerConfig, type ProducerOptions } from '../../src/client/producer-options.js';

describe('producer options', () => {
  test('PC1: Kafka defaults', () => {
    expect(producerConfig({})).toMatchObject({
      acks: -1,
      isIdempotent: true,
      retries: 2147483647,
      maxInFlightRequestsPerConnection: 5,
      lingerMs: 0,
      batchSizeBytes: 16384,
      bufferMemoryBytes: 33554432,
      maxBlockMs: 60000,
      requestTimeoutMs: 30000,
      deliveryTimeoutMs: 120000,
      maxRequestSizeBytes: 1048576,
      compressionType: 'none',
    });
  });

  test.each<[ProducerOptions, boolean]>([
    [{ acks: 1 }, false],
    [{ acks: 0 }, false],
    [{ retries: 0 }, false],
    [{ maxInFlightRequestsPerConnection: 6 }, false],
    [{ enableIdempotence: false }, false],
    [{ acks: 'all', retries: 3, maxInFlightRequestsPerConnection: 5 }, true],
  ])('PC2: %j makes idempotence %s', (options, isIdempotent) => {
    expect(producerConfig(options).isIdempotent).toBe(isIdempotent);
  });

  test('PC1: the delivery timeout is raised when it was not set', () => {
    expect(producerConfig({ requestTimeoutMs: 200_000, lingerMs: 5 }).deliveryTimeoutMs).toBe(200_005);
  });

  test.each<[ProducerOptions, string, RegExp]>([
    [{ enableIdempotence: true, acks: 1 }, 'acks', /acks has to be 'all' with enableIdempotence, not 1/],
    [{ enableIdempotence: true, retries: 0 }, 'retries', /at least 1/],
    [
      { enableIdempotence: true, maxInFlightRequestsPerConnection: 6 },
      'maxInFlightRequestsPerConnection',
      /at most 5/,
    ],
    [
      { deliveryTimeoutMs: 1000 },
      'deliveryTimeoutMs',
      /at least lingerMs \+ requestTimeoutMs \(0 \+ 30000\)/,
    ],
    [{ acks: 2 as never }, 'acks', /one of "all", -1, 0, 1/],
    [{ lingerMs: -1 }, 'lingerMs', /whole number of at least 0/],
    [{ batchSize: 1.5 }, 'batchSize', /whole number/],
    [{ compressionType: 'brotli' as never }, 'compressionType', /"none", "gzip"/],
    [{ valueSerializer: {} as never }, 'valueSerializer', /method serialize/],
    [{ lingerMS: 5 } as never, 'lingerMS', /no option of the producer; did you mean lingerMs\?/],
  ])('%j is refused, naming the option', (options, option, message) => {
    let caught: unknown;
    try {
      producerConfig(options);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(InvalidOptionError);
    expect(caught).toMatchObject({ option, code: 'INVALID_OPTION' });
    expect((caught as Error).message).toMatch(message);
  });
});
