// What files of Java properties, and the JAAS lines in them, mean.
import { parseJaasConfig } from '../../src/cli/jaas-config.js';
import { parseProperties } from '../../src/cli/properties.js';

describe('Java properties', () => {
  it.each([
    ['a=1\nb = 2\n c:3\nd 4', { a: '1', b: '2', c: '3', d: '4' }],
    ['# comment\n! comment\n\n  \na=1', { a: '1' }],
    ['a=one, \\\n   two', { a: 'one, two' }],
    ['a=ends in a backslash\\\\\nb=2', { a: 'ends in a backslash\\', b: '2' }],
    ['a\\ b\\=c=d', { 'a b=c': 'd' }],
    ['a=\\u00e4\\t\\n\\q', { a: 'ä\t\nq' }],
    ['a=# no comment', { a: '# no comment' }],
    ['a=1\r\na=2\r\n', { a: '2' }],
    ['empty=\nalone', { empty: '', alone: '' }],
    ['url=https://host:9092/path?x=y', { url: 'https://host:9092/path?x=y' }],
  ])('%j', (text, expected) => {
    expect(Object.fromEntries(parseProperties(text))).toEqual(expected);
  });
});

describe('sasl.jaas.config', () => {
  it('names a login module and its options', () => {
    const text =
      'org.apache.kafka.common.security.scram.ScramLoginModule required username="a\\"b" password=\'p;=\' tokenauth=true;';
    const { loginModule, options } = parseJaasConfig(text, 'client.properties');
    expect(loginModule).toBe('ScramLoginModule');
    expect(Object.fromEntries(options)).toEqual({ username: 'a"b', password: 'p;=', tokenauth: 'true' });
  });

  it.each([
    ['PlainLoginModule'],
    ['PlainLoginModule required username="a"'],
    ['Plain required username=;'],
    ['Plain required x;'],
  ])('%j is refused with the file and an example', (text) => {
    expect(() => parseJaasConfig(text, 'client.properties')).toThrow(
      /^client\.properties: sasl\.jaas\.config .*PlainLoginModule required/,
    );
  });
});
