// What is said of security options that contradict themselves, and how failures of TLS are told.
import { tlsFailure } from '../../../src/client/security/tls-failure.js';
import { InvalidOptionError } from '../../../src/client/errors.js';
import { createKafka, type CreateKafkaOptions } from '../../../src/composition/create-kafka.js';

const sasl = { mechanism: 'PLAIN', username: 'ada', password: 'p' } as const;

describe('security options', () => {
  test.each<[options: unknown, option: string, message: RegExp]>([
    [{ securityProtocol: 'TLS' }, 'securityProtocol', /has to be one of "PLAINTEXT", "SSL"/],
    [{ securityProtocol: 'SASL_SSL' }, 'securityProtocol', /needs the sasl option/],
    [{ securityProtocol: 'PLAINTEXT', sasl }, 'securityProtocol', /set it to SASL_PLAINTEXT/],
    [{ securityProtocol: 'SSL', sasl }, 'securityProtocol', /set it to SASL_SSL/],
    [{ securityProtocol: 'PLAINTEXT', ssl: true }, 'securityProtocol', /set it to SSL/],
    [{ securityProtocol: 'SASL_PLAINTEXT', sasl, ssl: {} }, 'securityProtocol', /set it to SASL_SSL/],
    [{ securityProtocol: 'SSL', ssl: false }, 'securityProtocol', /ssl is false/],
    [
      { bootstrapServers: 'SSL://a:1' },
      'bootstrapServers',
      /asks for SSL, but securityProtocol is PLAINTEXT/,
    ],
    [{ ssl: 'yes' }, 'ssl', /true, false or an object/],
    [{ ssl: { CA: '' } }, 'CA', /did you mean ca/],
    [{ ssl: { cert: 'x' } }, 'ssl', /belong together/],
    [{ ssl: { cert: 'x', key: 'y' } }, 'ssl', /cannot be used: .*PEM/],
    [{ ssl: { rejectUnauthorized: 'no' } }, 'ssl.rejectUnauthorized', /true or false/],
    [{ sasl: null }, 'sasl', /has to be an object/],
    [{ sasl: { mechanism: 'plain' } }, 'sasl.mechanism', /did you mean PLAIN/],
    [{ sasl: { mechanism: 'GSSAPI' } }, 'sasl.mechanism', /or a mechanism of your own/],
    [{ sasl: { mechanism: {} } }, 'sasl.mechanism', /needs a name and a method begin/],
    [{ sasl: { mechanism: 'PLAIN', username: '' } }, 'sasl.username', /not empty/],
    [{ sasl: { mechanism: 'PLAIN', username: 'a' } }, 'sasl.password', /text, or a function/],
    [{ sasl: { ...sasl, pasword: 1 } }, 'pasword', /no option of the sasl options of PLAIN/],
    [{ sasl: { mechanism: 'OAUTHBEARER' } }, 'sasl.tokenProvider', /has to be a function/],
  ])('%j is refused by name', (options, option, message) => {
    const given = { bootstrapServers: 'a:1', ...(options as object) } as CreateKafkaOptions;
    const create = (): unknown => createKafka(given);
    expect(create).toThrow(InvalidOptionError);
    expect(create).toThrow(message);
    expect(create).toThrow(expect.objectContaining({ option }));
  });

  test('a password is in no message', () => {
    const options = { ...sasl, password: 'secret', mechanism: 'x' } as never;
    const create = (): unknown => createKafka({ bootstrapServers: 'a:1', sasl: options });
    expect(create).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') }));
  });
});

describe('failures of TLS', () => {
  test.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', /ssl\.ca/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /ssl\.ca/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /ssl\.ca/],
    ['CERT_HAS_EXPIRED', /renewed/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /ssl\.servername/],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', /ssl\.cert and ssl\.key/],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', /ssl\.minVersion/],
    ['ERR_SSL_NO_SHARED_CIPHER', /ssl\.ciphers/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /speaks TLS/],
  ])('%s says what to look at', (code, advice) => {
    const error = tlsFailure('broker 1 (a:1)', Object.assign(new Error('why'), { code }));
    expect(error).toMatchObject({
      code: 'SSL_AUTHENTICATION_FAILED',
      broker: 'broker 1 (a:1)',
      retriable: false,
    });
    expect(error?.message).toMatch(advice);
    expect(error?.message).toContain(`broker 1 (a:1): ${code} (why)`);
  });

  test.each(['ECONNRESET', 'ECONNREFUSED', undefined])('%s is no matter of TLS', (code) => {
    expect(tlsFailure('b', Object.assign(new Error('why'), { code }))).toBeNull();
  });
});
