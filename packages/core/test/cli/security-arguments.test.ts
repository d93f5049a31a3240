// Which of command line, environment and file wins in TLS and SASL, and what is said of what cannot be used.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { connectionArguments, type SecurityArguments } from '../../src/cli/security-arguments.js';
import { runCli } from './run-cli.js';

const pem = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n';

describe('security of commands', () => {
  let directory = '';
  const file = (name: string, content: string | Buffer): string => {
    const place = path.join(directory, name);
    writeFileSync(place, content);
    return place;
  };
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'ottla-security-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const client = (given: SecurityArguments, variables: Record<string, string> = {}): object =>
    connectionArguments(given, variables).client;

  it('nothing given asks for nothing', () => {
    expect(connectionArguments({}, {})).toEqual({ bootstrapServers: undefined, client: {}, unused: [] });
  });

  it('the password comes from the environment', () => {
    const given: SecurityArguments = { saslMechanism: 'SCRAM-SHA-256', saslUsername: 'ada' };
    expect(client(given, { KAFKA_SASL_PASSWORD: 'secret' })).toEqual({
      sasl: { mechanism: 'SCRAM-SHA-256', username: 'ada', password: 'secret' },
    });
  });

  it('the password comes from a file, each time it is needed, before the environment', () => {
    const saslPasswordFile = file('password', 'one\n');
    const { sasl } = client(
      { saslMechanism: 'PLAIN', saslUsername: 'ada', saslPasswordFile },
      { KAFKA_SASL_PASSWORD: 'other' },
    ) as { sasl: { password: () => string } };
    expect(sasl.password()).toBe('one');
    file('password', 'two\n');
    expect(sasl.password()).toBe('two');
  });

  it('a token comes from a file, each time one is needed', () => {
    const saslTokenFile = file('token', 'first\n');
    const { sasl } = client({ saslMechanism: 'OAUTHBEARER', saslTokenFile }) as {
      sasl: { tokenProvider: () => { value: string } };
    };
    expect(sasl.tokenProvider()).toEqual({ value: 'first' });
    file('token', 'second');
    expect(sasl.tokenProvider()).toEqual({ value: 'second' });
  });

  it('a file of properties is read, and options win over it', () => {
    const commandConfig = file(
      'client.properties',
      [
        'bootstrap.servers=a:1,b:2',
        'security.protocol=sasl_ssl',
        'sasl.mechanism=PLAIN',
        'sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="ada" password="p";',
        `ssl.truststore.location=${file('ca.pem', pem)}`,
        'ssl.truststore.type=PEM',
        'ssl.endpoint.identification.algorithm=',
        'ssl.enabled.protocols=TLSv1.3',
        'request.timeout.ms=1234',
        'client.id=42',
        'acks=all',
      ].join('\n'),
    );
    expect(connectionArguments({ commandConfig }, {})).toEqual({
      bootstrapServers: 'a:1,b:2',
      client: {
        clientId: '42',
        requestTimeoutMs: 1234,
        securityProtocol: 'SASL_SSL',
        sasl: { mechanism: 'PLAIN', username: 'ada', password: 'p' },
        ssl: {
          ca: Buffer.from(pem),
          endpointIdentificationAlgorithm: 'none',
          minVersion: 'TLSv1.3',
        },
      },
      unused: ['acks'],
    });
    const other = { saslMechanism: 'SCRAM-SHA-512', saslUsername: 'grace' };
    expect(client({ commandConfig, ...other }, { KAFKA_SASL_PASSWORD: 'q' })).toMatchObject({
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'grace', password: 'q' },
    });
  });

  it("librdkafka's names mean the same", () => {
    const pemFile = file('one.pem', pem);
    const commandConfig = file(
      'librdkafka.properties',
      `ssl.ca.location=${pemFile}\nssl.certificate.location=${pemFile}\nssl.key.location=${pemFile}\nssl.key.password=k\nsasl.mechanisms=PLAIN\nsasl.username=u\nsasl.password=p`,
    );
    expect(client({ commandConfig })).toEqual({
      sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' },
      ssl: { ca: Buffer.from(pem), cert: Buffer.from(pem), key: Buffer.from(pem), passphrase: 'k' },
    });
  });

  it.each<[line: string | Buffer, message: RegExp]>([
    ['security.protocol=TLS', /security\.protocol is TLS; it is one of PLAINTEXT/],
    ['sasl.mechanism=GSSAPI', /SASL mechanism GSSAPI is not known/],
    ['sasl.oauthbearer.token.endpoint.url=x', /sasl\.oauthbearer\.token\.endpoint\.url is not supported/],
    ['ssl.ca.location=/nowhere/ca.pem', /ssl\.ca\.location: \/nowhere\/ca\.pem cannot be read \(ENOENT\)/],
    ['request.timeout.ms=soon', /request\.timeout\.ms is soon; it is a whole number/],
    ['sasl.jaas.config=com.sun.Krb5LoginModule required;', /names Krb5LoginModule/],
    ['sasl.mechanism=OAUTHBEARER', /--sasl-token-file/],
  ])('%j in a file is exit code 2', async (line, message) => {
    const place = file('wrong.properties', line);
    const result = await runCli(['topics', 'list', '--command-config', place]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('Java key stores are refused with how to convert them', async () => {
    const jks = file('client.jks', Buffer.from('feedfeed00000002', 'hex'));
    for (const name of ['ssl.keystore.location', 'ssl.truststore.location']) {
      const place = file('jks.properties', `${name}=${jks}`);
      const result = await runCli(['topics', 'list', '--command-config', place]);
      expect(result.code).toBe(2);
      expect(result.stderr).toMatch(/jks\.properties: .*client\.jks .*keytool/);
    }
  });

  it.each<[args: string[], message: RegExp]>([
    [['--security-protocol', 'TLS'], /Allowed choices are PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL/],
    [['--sasl-mechanism', 'SCRAM'], /Allowed choices are PLAIN, SCRAM-SHA-256/],
    [['--sasl-mechanism', 'PLAIN'], /needs a user: give --sasl-username/],
    [
      ['--sasl-mechanism', 'PLAIN', '--sasl-username', 'a'],
      /--sasl-password-file, or set \$KAFKA_SASL_PASSWORD/,
    ],
    [['--sasl-username', 'a'], /no mechanism: give --sasl-mechanism/],
    [['--security-protocol', 'SASL_SSL'], /SASL_SSL needs --sasl-mechanism/],
    [['--ssl-ca', '/nowhere/ca.pem'], /--ssl-ca: \/nowhere\/ca\.pem cannot be read \(ENOENT\)/],
    [['--sasl-password-file', '/nowhere/p'], /--sasl-password-file: \/nowhere\/p cannot be read/],
    [['--command-config', '/nowhere/c'], /--command-config: \/nowhere\/c cannot be read/],
    [['-b', 'SSL://a:1'], /"SSL:\/\/a:1" that asks for SSL, but securityProtocol is PLAINTEXT/],
    [['-b', 'garbage'], /bootstrapServers has an entry "garbage" that names no port; give host:port/],
    [['-b', 'http://a:1'], /begins with HTTP:\/\/, which is no security protocol/],
    [['-b', ','], /bootstrapServers is empty/],
  ])('%j is one line on stderr and exit code 2', async (args, message) => {
    const result = await runCli(['topics', 'list', ...args]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('properties that mean nothing here are told, and do not stop the command', async () => {
    const place = file('shared.properties', 'acks=all\ngroup.id=g');
    const result = await runCli([
      'topics',
      'list',
      '--command-config',
      place,
      '-b',
      '127.0.0.1:1',
      '--timeout',
      '50ms',
    ]);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/shared\.properties: not used by this command: acks, group\.id\n/);
  });
});
