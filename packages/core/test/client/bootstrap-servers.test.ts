import { parseBootstrapServers } from '../../src/client/bootstrap-servers.js';
import { InvalidOptionError } from '../../src/client/errors.js';

describe('bootstrapServers', () => {
  test.each([
    ['127.0.0.1:9092', [{ host: '127.0.0.1', port: 9092 }]],
    [
      'a:1, b:2,',
      [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    ],
    [['a:1', 'a:1'], [{ host: 'a', port: 1 }]],
    ['broker', [{ host: 'broker', port: 9092 }]],
    ['[::1]:9093', [{ host: '::1', port: 9093 }]],
    ['PLAINTEXT://a:1', [{ host: 'a', port: 1 }]],
  ])('%j', (text, addresses) => {
    expect(parseBootstrapServers(text)).toEqual(addresses);
  });

  test.each(['', [], 'a:0', 'a:99999', 'a:x', 'a:', ':9092', 'a b:1', 'SSL://a:1', [7 as unknown as string]])(
    '%j is refused in words',
    (text) => {
      let caught: unknown;
      try {
        parseBootstrapServers(text);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(InvalidOptionError);
      expect((caught as Error).message).toMatch(/^bootstrapServers .*(for example 127\.0\.0\.1:9092)/);
    },
  );
});
