// Our clients on protected listeners of Apache Kafka: TLS, mutual TLS, every SASL mechanism, sessions that end, and what goes wrong.
import { setTimeout as pause } from 'node:timers/promises';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';

import {
  AuthenticationError,
  createKafka,
  deserializers,
  InvalidOptionError,
  SaslAuthenticationError,
  serializers,
  SslAuthenticationError,
  TimeoutError,
} from '@ottla/core';

import { run } from '../support/processes.mjs';
import { passwords, sessionMs, startSecureKafka, users } from '../support/secure-kafka.mjs';
import { repository } from '../support/tools.mjs';
import { within } from '../support/within.mjs';

/**
 * @typedef {Awaited<ReturnType<typeof startSecureKafka>>} SecureKafka
 * @typedef {import('@ottla/core').CreateKafkaOptions} Options
 */

const quiet = { log: () => {} };
let topics = 0;

/** @param {{ java: string, classPath: string }} kafka */
export function securityCases(kafka) {
  /** @type {Promise<SecureKafka> | undefined} */
  let starting;
  /** @param {(secure: SecureKafka) => Promise<string | void>} check */
  const onSecure = (check) => async () => check(await (starting ??= startSecureKafka(kafka)));
  return {
    cases: [
      { name: 'security: TLS', run: onSecure(tls) },
      { name: 'security: mutual TLS', run: onSecure(mutualTls) },
      { name: 'security: SASL PLAIN and SCRAM over TLS', run: onSecure(passwordMechanisms) },
      {
        name: 'security: SASL OAUTHBEARER, tokens and sessions that end under load',
        run: onSecure(bearerTokens),
      },
      { name: 'security: SCRAM sessions renewed under load', run: onSecure(renewedSessions) },
      { name: 'security: a mechanism of the user', run: onSecure(customMechanism) },
      { name: 'security: refusals are told by every client', run: onSecure(refusals) },
      { name: 'security: the next address of a name', run: onSecure(nextAddress) },
      { name: 'security: the command line', run: onSecure(commandLine) },
    ],
    close: async () => (await starting)?.stop(),
  };
}

/** Writes records, reads them back with a group, and asks an admin question. @param {Options} options */
async function roundTrip(options) {
  const kafka = createKafka({ diagnostics: quiet, ...options });
  const topic = `security-${process.pid}-${(topics += 1)}`;
  try {
    (await kafka.admin().createTopics([{ name: topic, numPartitions: 2 }])).orThrow();
    const producer = kafka.producer({ valueSerializer: serializers.string });
    const values = Array.from({ length: 200 }, (_, index) => `${index}-${'x'.repeat(2000)}`);
    await producer.sendMany(values.map((value) => ({ topic, value })));
    const consumer = kafka.consumer({
      groupId: topic,
      autoOffsetReset: 'earliest',
      valueDeserializer: deserializers.string,
    });
    consumer.subscribe({ topics: [topic] });
    const seen = new Set();
    while (seen.size < values.length)
      for (const { value } of await consumer.poll({ timeoutMs: 5000 })) seen.add(value);
    for (const value of values) if (!seen.has(value)) throw new Error(`${value.slice(0, 5)} is missing`);
  } finally {
    await kafka.close();
  }
}

/** The error that a client's first call fails with. @param {Options} options @param {(kafka: import('@ottla/core').Kafka) => Promise<unknown>} [call] */
async function failureOf(options, call = (kafka) => kafka.admin().listTopics()) {
  const kafka = createKafka({ diagnostics: quiet, requestTimeoutMs: 10_000, ...options });
  try {
    await within(20_000, call(kafka), () => 'the call did not fail');
  } catch (error) {
    return /** @type {Error & { code?: string, retriable?: boolean, broker?: string, mechanism?: string }} */ (
      error
    );
  } finally {
    await kafka.close();
  }
  throw new Error('it did not fail');
}

/** A listener that ends the connection without a word may do so for another reason: the client tries on. @param {import('@ottla/core').Kafka} kafka */
const listBriefly = (kafka) => kafka.admin({ defaultApiTimeoutMs: 3000 }).listTopics();

/** @param {Error} error @param {Function} type @param {RegExp} message */
function expectError(error, type, message) {
  if (error instanceof /** @type {any} */ (type) && message.test(error.message)) return;
  throw new Error(`not as it should be told: ${error.name}: ${error.message}`, { cause: error });
}

/** @param {SecureKafka} secure */
async function tls({ certificates: { ca, otherCa }, servers }) {
  const bootstrapServers = servers.TLS;
  await roundTrip({ bootstrapServers, securityProtocol: 'SSL', ssl: { ca } });
  await roundTrip({
    bootstrapServers,
    ssl: { ca: [otherCa, ca], servername: 'localhost', minVersion: 'TLSv1.3' },
  });
  await roundTrip({ bootstrapServers, ssl: { ca, maxVersion: 'TLSv1.2' } });
  await roundTrip({ bootstrapServers, ssl: { rejectUnauthorized: false } });
  await roundTrip({
    bootstrapServers,
    ssl: { ca, servername: 'elsewhere', endpointIdentificationAlgorithm: 'none' },
  });
  const untrusted = await failureOf({ bootstrapServers, ssl: { ca: otherCa } });
  expectError(untrusted, SslAuthenticationError, /bootstrap server 127.0.0.1:\d+.*give .* ssl\.ca/);
  const misnamed = await failureOf({ bootstrapServers, ssl: { ca, servername: 'elsewhere' } });
  expectError(misnamed, SslAuthenticationError, /ERR_TLS_CERT_ALTNAME_INVALID.*ssl\.servername/);
  const plain = await failureOf({ bootstrapServers }, listBriefly);
  // A TLS alert, if it comes before the connection ends, is what no broker sends.
  expectError(plain, Error, /securityProtocol/);
  const noTls = await failureOf({ bootstrapServers: servers.PLAINTEXT, ssl: { ca } }, listBriefly);
  expectError(noTls, Error, /speaks? TLS/);
  return [untrusted, misnamed, plain, noTls]
    .map(({ name, message }) => `\n      ${name}: ${message}`)
    .join('');
}

/** @param {SecureKafka} secure */
async function mutualTls({ certificates: { ca, client, stranger }, servers }) {
  const bootstrapServers = servers.MUTUAL;
  await roundTrip({ bootstrapServers, ssl: { ca, ...client } });
  await roundTrip({ bootstrapServers, ssl: { ca, ...client, maxVersion: 'TLSv1.2' } });
  const told = [];
  for (const maxVersion of /** @type {const} */ (['TLSv1.3', 'TLSv1.2'])) {
    const anonymous = await failureOf({ bootstrapServers, ssl: { ca, maxVersion } });
    expectError(anonymous, SslAuthenticationError, /ssl\.cert and ssl\.key/);
    const unknown = await failureOf({ bootstrapServers, ssl: { ca, ...stranger, maxVersion } });
    expectError(unknown, SslAuthenticationError, /authority/);
    told.push(anonymous.message, unknown.message);
  }
  try {
    createKafka({ bootstrapServers, ssl: { ca, cert: client.cert, key: stranger.key } });
  } catch (error) {
    expectError(/** @type {Error} */ (error), InvalidOptionError, /key values mismatch/);
    return told.map((message) => `\n      ${message}`).join('');
  }
  throw new Error('a key that does not fit its certificate was taken');
}

/** @param {'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'} mechanism @returns {import('@ottla/core').SaslOptions} */
function passwordSasl(mechanism, password = mechanism === 'PLAIN' ? passwords.plain : passwords.scram) {
  return { mechanism, username: mechanism === 'PLAIN' ? users.plain : users.scram, password };
}

/** @param {SecureKafka} secure */
async function passwordMechanisms({ certificates: { ca }, servers }) {
  for (const mechanism of /** @type {const} */ (['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])) {
    await roundTrip({
      bootstrapServers: servers.SASL_SSL,
      securityProtocol: 'SASL_SSL',
      ssl: { ca },
      sasl: passwordSasl(mechanism),
    });
    await roundTrip({
      bootstrapServers: `SASL_PLAINTEXT://${servers.SASL_PLAINTEXT}`,
      sasl: passwordSasl(mechanism),
    });
  }
}

/** An unsecured JSON web token, which Kafka's validator for development takes. @param {number} lifetimeS */
function webToken(lifetimeS) {
  const part = (/** @type {object} */ value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Date.now() / 1000;
  return `${part({ alg: 'none' })}.${part({ sub: 'ada', iat: now, exp: now + lifetimeS })}.`;
}

/**
 * A network that counts connections that came about. @returns {import('@ottla/core').Network & { connections: number, handshakes: number }}
 */
function countingNetwork() {
  return {
    connections: 0,
    handshakes: 0,
    listen: () => Promise.reject(new Error('nothing listens here')),
    connect({ host, port }, handler) {
      const socket = connect({ host, port, noDelay: true });
      socket.on('connect', () => {
        this.connections += 1;
        handler.onConnect?.();
      });
      socket.on('data', (chunk) => handler.onData(chunk));
      socket.on('drain', () => handler.onDrain?.());
      /** @type {Error | null} */
      let failure = null;
      socket.on('error', (error) => (failure = error));
      socket.on('close', () => handler.onClose(failure));
      const address = { host, port };
      return {
        remoteAddress: address,
        localAddress: address,
        get bufferedBytes() {
          return socket.writableLength;
        },
        write: (buffers) => {
          const bytes = Buffer.concat(buffers);
          if (bytes.readInt16BE(4) === 17) this.handshakes += 1;
          return socket.write(bytes);
        },
        pause: () => void socket.pause(),
        resume: () => void socket.resume(),
        end: () => void socket.end(),
        destroy: (error) => void socket.destroy(error),
      };
    },
  };
}

/** Produces and consumes for some sessions' lives; every record arrives, on the connections of the beginning. @param {Options} options */
async function underLoad(options) {
  const network = countingNetwork();
  const kafka = createKafka({ diagnostics: quiet, network, ...options });
  const topic = `security-${process.pid}-${(topics += 1)}`;
  const endMs = Date.now() + sessionMs * 4;
  let sent = 0;
  let seen = 0;
  let early = 0;
  try {
    (await kafka.admin().createTopics([{ name: topic, numPartitions: 2 }])).orThrow();
    const producer = kafka.producer({ valueSerializer: serializers.string, retries: 0 });
    const consumer = kafka.consumer({ groupId: topic, autoOffsetReset: 'earliest' });
    consumer.subscribe({ topics: [topic] });
    const producing = (async () => {
      while (Date.now() < endMs) {
        await producer.sendMany(Array.from({ length: 50 }, (_, index) => ({ topic, value: `${index}` })));
        sent += 50;
        await pause(20);
      }
    })();
    let isOver = false;
    const consuming = (async () => {
      while (!isOver || seen < sent) {
        seen += (await consumer.poll({ timeoutMs: 500 })).count;
        if (early === 0 && seen > 0) early = network.connections;
        if (Date.now() > endMs + 20_000) throw new Error(`${seen} of ${sent} records arrived`);
      }
    })();
    await Promise.all([producing.finally(() => (isOver = true)), consuming]);
  } finally {
    await kafka.close();
  }
  if (seen !== sent) throw new Error(`${sent} records were sent and ${seen} arrived`);
  if (network.handshakes < network.connections + 6)
    throw new Error(`${network.connections} connections authenticated ${network.handshakes} times`);
  if (network.connections > early + 1)
    throw new Error(`there were ${network.connections - early} more connections after the first record`);
  return `${sent} records, ${network.connections} connections, ${network.handshakes} authentications`;
}

/** @param {SecureKafka} secure */
async function bearerTokens({ certificates: { ca }, servers }) {
  let given = 0;
  /** @param {string} value @returns {import('@ottla/core').SaslOptions} */
  const fixed = (value) => ({ mechanism: 'OAUTHBEARER', tokenProvider: () => ({ value }) });
  await roundTrip({ bootstrapServers: servers.SASL_SSL, ssl: { ca }, sasl: fixed(webToken(60)) });
  const said = await underLoad({
    bootstrapServers: servers.SASL_PLAINTEXT,
    sasl: {
      mechanism: 'OAUTHBEARER',
      tokenProvider: async () => {
        given += 1;
        return { value: webToken(4) };
      },
    },
  });
  if (given < 3) throw new Error(`only ${given} tokens were asked for`);
  const signed = fixed(`${webToken(60)}signature`);
  const refused = await failureOf({ bootstrapServers: servers.SASL_PLAINTEXT, sasl: signed });
  expectError(refused, SaslAuthenticationError, /OAUTHBEARER.*invalid_token.*tokenProvider/);
  return `${said}, ${given} tokens\n      ${refused.message}`;
}

/** @param {SecureKafka} secure */
function renewedSessions({ servers }) {
  return underLoad({ bootstrapServers: servers.SASL_PLAINTEXT, sasl: passwordSasl('SCRAM-SHA-512') });
}

/** @param {SecureKafka} secure */
async function customMechanism({ servers }) {
  /** @type {import('@ottla/core').SaslMechanism} */
  const mechanism = {
    name: 'PLAIN',
    begin: () => ({
      first: () => Buffer.from(`\0${users.plain}\0${passwords.plain}`),
      next: () => null,
    }),
  };
  await roundTrip({ bootstrapServers: servers.SASL_PLAINTEXT, sasl: { mechanism } });
}

/** @param {SecureKafka} secure */
async function refusals({ certificates: { ca }, servers }) {
  const told = [];
  for (const mechanism of /** @type {const} */ (['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])) {
    const options = {
      bootstrapServers: servers.SASL_SSL,
      ssl: { ca },
      sasl: passwordSasl(mechanism, 'wrong'),
    };
    /** @type {((kafka: import('@ottla/core').Kafka) => Promise<unknown>)[]} */
    const calls = [
      (kafka) => kafka.admin().listTopics(),
      (kafka) => kafka.producer().send({ topic: 'any', value: 'x' }),
      async (kafka) => {
        const consumer = kafka.consumer({ groupId: 'any' });
        consumer.subscribe({ topics: ['any'] });
        for (;;) await consumer.poll({ timeoutMs: 1000 });
      },
    ];
    for (const call of calls) {
      const error = await failureOf(options, call);
      expectError(error, SaslAuthenticationError, /SASL_AUTHENTICATION_FAILED.*check sasl\.username/);
      if (!(error instanceof AuthenticationError) || error.retriable || error.mechanism !== mechanism)
        throw new Error(`wrong facts: ${JSON.stringify(error)}`);
      told.push(error.message);
    }
  }
  const wrongListener = await failureOf({ bootstrapServers: servers.PLAINTEXT, sasl: passwordSasl('PLAIN') });
  expectError(wrongListener, SaslAuthenticationError, /ILLEGAL_SASL_STATE.*securityProtocol/);
  const gssapi = { name: 'GSSAPI', begin: () => ({ first: () => Buffer.alloc(0), next: () => null }) };
  const unknown = await failureOf({ bootstrapServers: servers.SASL_PLAINTEXT, sasl: { mechanism: gssapi } });
  expectError(unknown, SaslAuthenticationError, /GSSAPI.*takes .*SCRAM-SHA-512/);
  const anonymous = await failureOf({ bootstrapServers: servers.SASL_PLAINTEXT }, listBriefly);
  expectError(anonymous, TimeoutError, /SASL.*securityProtocol/);
  return [told[0], wrongListener.message, unknown.message, anonymous.message]
    .map((text) => `\n      ${text}`)
    .join('');
}

/** @param {SecureKafka} secure */
async function nextAddress({ servers }) {
  const network = countingNetwork();
  network.lookup = async () => ['127.0.0.2', '127.0.0.1'];
  // 127.0.0.2 refuses: the broker listens on 127.0.0.1 alone.
  await roundTrip({ bootstrapServers: servers.PLAINTEXT.replace('127.0.0.1', 'broker.test'), network });
}

/** @param {SecureKafka} secure */
async function commandLine({ certificates: { directory }, servers }) {
  const ottla = path.join(repository, 'node_modules/.bin/ottla');
  const file = (/** @type {string} */ name) => path.join(directory, name);
  /** @param {string[]} args @param {Record<string, string>} [env] */
  const topics = (args, env = {}) =>
    run(ottla, ['topics', 'list', ...args], { env, allowFailure: true, timeoutMs: 30_000 });
  /** @param {string[]} args @param {Record<string, string>} [env] */
  const succeeds = async (args, env) => {
    const { code, stderr } = await topics(args, env);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
  };
  const tlsFlags = ['--security-protocol', 'SASL_SSL', '--ssl-ca', file('authority.crt')];
  const asUser = ['--sasl-mechanism', 'SCRAM-SHA-256', '--sasl-username', users.scram];
  const flags = ['-b', servers.SASL_SSL, ...tlsFlags, ...asUser];
  await succeeds(flags, { KAFKA_SASL_PASSWORD: passwords.scram });
  await writeFile(file('password'), `${passwords.scram}\n`);
  await succeeds([...flags, '--sasl-password-file', file('password')]);
  await writeFile(file('token'), `${webToken(60)}\n`);
  const bearer = ['--sasl-mechanism', 'OAUTHBEARER', '--sasl-token-file', file('token')];
  await succeeds(['-b', servers.SASL_SSL, ...tlsFlags, ...bearer]);
  const own = ['--ssl-cert', file('client.crt'), '--ssl-key', file('client.key')];
  await succeeds(['-b', servers.MUTUAL, '--ssl-ca', file('authority.crt'), ...own]);
  // The same file is what Kafka's own tools take.
  const properties = `bootstrap.servers=${servers.SASL_SSL}
security.protocol=SASL_SSL
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
  username="${users.plain}" password="${passwords.plain}";
ssl.truststore.type=PEM
ssl.truststore.location=${file('authority.crt')}
`;
  await writeFile(file('client.properties'), properties);
  await succeeds(['--command-config', file('client.properties')]);
  const keystore = `${await readFile(file('client.key'), 'utf8')}${await readFile(file('client.crt'), 'utf8')}`;
  await writeFile(file('client.pem'), keystore);
  const mutual = `security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location=${file('authority.crt')}
ssl.keystore.type=PEM\nssl.keystore.location=${file('client.pem')}\n`;
  await writeFile(file('mutual.properties'), mutual);
  await succeeds(['-b', servers.MUTUAL, '--command-config', file('mutual.properties')]);
  const wrong = await topics(flags, { KAFKA_SASL_PASSWORD: 'wrong' });
  if (wrong.code !== 1 || !/SASL_AUTHENTICATION_FAILED/.test(wrong.stderr))
    throw new Error(`a wrong password ended with ${wrong.code}: ${wrong.stderr}`);
  return wrong.stderr.trim();
}
