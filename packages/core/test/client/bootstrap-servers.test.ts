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
    ['[::1]:9093', [{ host: '::1', port: 9093 }]],
    ['PLAINTEXT://a:1', [{ host: 'a', port: 1 }]],
  ])('%j', (text, addresses) => {
    expect(parseBootstrapServers(text)).toEqual(addresses);
  });

  test.each([
    '',
    [],
    'garbage',
    'a:0',
    'a:99999',
    'a:x',
    'a:',
    ':9092',
    'a b:1',
    'SSL://a:1',
    'NONSENSE://a:1',
    [7 as unknown as string],
    7 as unknown as string,
    undefined as unknown as string,
  ])('%j is refused in words', (text) => {
    let caught: unknown;
    try {
      parseBootstrapServers(text);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(InvalidOptionError);
    expect((caught as InvalidOptionError).option).toBe('bootstrapServers');
    expect((caught as Error).message).toMatch(/^bootstrapServers .*(for example 127\.0\.0\.1:9092)/);
  });

  test('a protocol in front has to be the one that the connections have', () => {
    expect(parseBootstrapServers('SASL_SSL://a:1', 'SASL_SSL')).toEqual([{ host: 'a', port: 1 }]);
    expect(() => parseBootstrapServers('SSL://a:1', 'SASL_SSL')).toThrow(
      'that asks for SSL, but securityProtocol is SASL_SSL',
    );
  });
});
