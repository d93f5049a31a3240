// Decides what a file of client properties (Kafka's `--command-config`) means to the commands.
import type { ConnectionOptions } from '../client/client-options.js';
import { securityProtocols } from '../client/security/security-protocol.js';
import { camelCase } from './arguments.js';
import { UsageError } from './failures.js';
import { parseJaasConfig } from './jaas-config.js';
import { parseProperties } from './properties.js';
import { fileBytes, type SecuritySettings } from './security-settings.js';

export interface CommandConfig {
  readonly bootstrapServers: string | undefined;
  readonly client: ConnectionOptions;
  readonly security: SecuritySettings;
  /** Names that mean nothing here; Kafka's tools share such files with applications. */
  readonly unused: readonly string[];
}

const clientNames = new Set([
  'client.id',
  'request.timeout.ms',
  'retry.backoff.ms',
  'retry.backoff.max.ms',
  'reconnect.backoff.ms',
  'reconnect.backoff.max.ms',
  'socket.connection.setup.timeout.ms',
  'socket.connection.setup.timeout.max.ms',
  'metadata.max.age.ms',
]);

type Taker = (settings: SecuritySettings, value: string, read: (file: string) => Buffer) => void;

const pemStart = '-----BEGIN ';

/** How each property of Kafka's Java clients, or librdkafka's name for the same, changes the settings. */
const takers: Readonly<Record<string, Taker>> = {
  'security.protocol': (settings, value) => {
    const found = securityProtocols.find((protocol) => protocol === value.toUpperCase());
    if (found === undefined)
      throw new UsageError(`security.protocol is ${value}; it is one of ${securityProtocols.join(', ')}`);
    settings.securityProtocol = found;
  },
  'sasl.mechanism': (settings, value) => void (settings.mechanism = value),
  'sasl.mechanisms': (settings, value) => void (settings.mechanism = value),
  'sasl.username': (settings, value) => void (settings.username = value),
  'sasl.password': (settings, value) => void (settings.password = value),
  'ssl.truststore.certificates': ({ ssl }, value) => void (ssl.ca = value),
  'ssl.truststore.location': ({ ssl }, value, read) => {
    const bytes = read(value);
    if (!bytes.includes(pemStart))
      throw new UsageError(
        `ssl.truststore.location: ${value} is no PEM file; write one with: keytool -exportcert -rfc -keystore ${value} -alias NAME`,
      );
    ssl.ca = bytes;
  },
  'ssl.ca.location': ({ ssl }, value, read) => void (ssl.ca = read(value)),
  'ssl.keystore.certificate.chain': ({ ssl }, value) => void (ssl.cert = value),
  'ssl.keystore.key': ({ ssl }, value) => void (ssl.key = value),
  'ssl.keystore.location': ({ ssl }, value, read) => {
    const bytes = read(value);
    if (bytes.includes(pemStart)) {
      ssl.cert = bytes;
      ssl.key = bytes;
    } else if (bytes.length >= 4 && bytes.readUInt32BE(0) === javaKeyStoreMagic) {
      throw new UsageError(
        `ssl.keystore.location: ${value} is a JKS file; convert it with: keytool -importkeystore -srckeystore ${value} -destkeystore client.p12 -deststoretype PKCS12`,
      );
    } else ssl.pfx = bytes;
  },
  'ssl.certificate.location': ({ ssl }, value, read) => void (ssl.cert = read(value)),
  'ssl.key.location': ({ ssl }, value, read) => void (ssl.key = read(value)),
  'ssl.keystore.password': ({ ssl }, value) => void (ssl.passphrase ??= value),
  'ssl.key.password': ({ ssl }, value) => void (ssl.passphrase = value),
  'ssl.endpoint.identification.algorithm': ({ ssl }, value) =>
    void (ssl.endpointIdentificationAlgorithm = value === '' || value === 'none' ? 'none' : 'https'),
  'ssl.cipher.suites': ({ ssl }, value) => void (ssl.ciphers = value.split(/\s*,\s*/).join(':')),
  'ssl.enabled.protocols': ({ ssl }, value) => {
    const versions = value.split(/\s*,\s*/);
    if (!versions.includes('TLSv1.2')) ssl.minVersion = 'TLSv1.3';
    if (!versions.includes('TLSv1.3')) ssl.maxVersion = 'TLSv1.2';
  },
};

const javaKeyStoreMagic = 0xfeedfeed;
/** Types are read off the files; the password of a truststore protects nothing that is needed. */
const harmless = new Set([
  'ssl.truststore.type',
  'ssl.truststore.password',
  'ssl.keystore.type',
  'ssl.protocol',
]);

/** Reads the file; throws a UsageError that names it and the property. */
export function readCommandConfig(file: string): CommandConfig {
  const properties = parseProperties(fileBytes(file, '--command-config').toString('utf8'));
  const security: SecuritySettings = { ssl: {} };
  const client: Record<string, string | number> = {};
  const unused: string[] = [];
  for (const [name, value] of properties) {
    const take = Object.hasOwn(takers, name) ? takers[name] : undefined;
    if (take !== undefined) {
      within(file, () => take(security, value, (path) => fileBytes(path, name)));
    } else if (clientNames.has(name)) {
      client[camelCase(name)] = name === 'client.id' ? value : numberOf(file, name, value);
    } else if (name === 'sasl.jaas.config') takeJaas(file, security, value);
    else if (name.startsWith('sasl.') || name.startsWith('ssl.')) {
      // Connections would be less protected, or otherwise, than the file asks for.
      if (!harmless.has(name)) throw new UsageError(`${file}: ${name} is not supported`);
    } else if (name !== 'bootstrap.servers') unused.push(name);
  }
  return { bootstrapServers: properties.get('bootstrap.servers'), client, security, unused };
}

function within(file: string, take: () => void): void {
  try {
    take();
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(`${file}: ${error.message}`) : error;
  }
}

function numberOf(file: string, name: string, value: string): number {
  if (!/^\d+$/.test(value.trim())) throw new UsageError(`${file}: ${name} is ${value}; it is a whole number`);
  return Number(value);
}

function takeJaas(file: string, settings: SecuritySettings, text: string): void {
  const { loginModule, options } = parseJaasConfig(text, file);
  switch (loginModule) {
    case 'PlainLoginModule':
    case 'ScramLoginModule':
      settings.username ??= options.get('username');
      settings.password ??= options.get('password');
      settings.isDelegationToken = options.get('tokenauth') === 'true';
      return;
    case 'OAuthBearerLoginModule':
      // Where Kafka's tools get their tokens is code of their own; here a file holds one.
      return;
    default:
      throw new UsageError(
        `${file}: sasl.jaas.config names ${loginModule}; PlainLoginModule, ScramLoginModule and OAuthBearerLoginModule are known`,
      );
  }
}
