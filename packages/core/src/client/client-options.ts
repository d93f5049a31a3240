// Decides the options that every client takes: where the cluster is, and how connections and retries behave.
import type { ConnectionSettings } from './node-connection.js';
import { integerOption } from './option-checks.js';
import { securityOptionNames, type Security, type SecurityOptions } from './security/security-options.js';
import { parseBootstrapServers } from './bootstrap-servers.js';
import { InvalidOptionError } from './errors.js';
import { defaultMetadataOptions, type MetadataOptions } from './metadata.js';
import { defaultConnectionSettings } from './network-client.js';
import type { Address } from '../ports/network.js';

/** Options of connections, metadata and retries, by Kafka's names; each client may set its own. */
export interface ConnectionOptions extends SecurityOptions {
  /** Name by which brokers know the client. Default: `ottla`. */
  readonly clientId?: string;
  /** How long to wait for an answer. Default: 30000. */
  readonly requestTimeoutMs?: number;
  /** First wait before a retry; it doubles up to `retryBackoffMaxMs`. Default: 100. */
  readonly retryBackoffMs?: number;
  /** Default: 1000. */
  readonly retryBackoffMaxMs?: number;
  /** First wait before connecting again; it doubles up to `reconnectBackoffMaxMs`. Default: 50. */
  readonly reconnectBackoffMs?: number;
  /** Default: 1000. */
  readonly reconnectBackoffMaxMs?: number;
  /** How long a connection may take to come about, with TLS and SASL; to each address of the broker. Default: 10000. */
  readonly socketConnectionSetupTimeoutMs?: number;
  /** Up to so long when connections keep failing to come about: the timeout doubles each time. Default: 30000. */
  readonly socketConnectionSetupTimeoutMaxMs?: number;
  /** Age at which metadata is asked for again without a reason. Default: 300000. */
  readonly metadataMaxAgeMs?: number;
}

export const connectionOptionNames = [
  'clientId',
  'requestTimeoutMs',
  'retryBackoffMs',
  'retryBackoffMaxMs',
  'reconnectBackoffMs',
  'reconnectBackoffMaxMs',
  'socketConnectionSetupTimeoutMs',
  'socketConnectionSetupTimeoutMaxMs',
  ...securityOptionNames,
  'metadataMaxAgeMs',
] as const satisfies readonly (keyof ConnectionOptions)[];

/** The same options, checked and complete. */
export interface ConnectionConfig {
  readonly bootstrapServers: readonly Address[];
  readonly connection: ConnectionSettings;
  readonly metadata: MetadataOptions;
}

export function connectionConfig(
  bootstrapServers: string | readonly string[],
  options: ConnectionOptions,
  security: Security,
): ConnectionConfig {
  const clientId: unknown = options.clientId ?? 'ottla';
  if (typeof clientId !== 'string' || clientId === '') {
    throw new InvalidOptionError('clientId', 'clientId has to be text that is not empty');
  }
  const milliseconds = (name: keyof ConnectionOptions, fallback: number, min = 0): number =>
    integerOption(name, options[name], fallback, { min });
  return {
    bootstrapServers: parseBootstrapServers(bootstrapServers, security.protocol),
    connection: {
      ...defaultConnectionSettings,
      clientId,
      socketConnectionSetupTimeoutMs: milliseconds('socketConnectionSetupTimeoutMs', 10_000, 1),
      socketConnectionSetupTimeoutMaxMs: milliseconds('socketConnectionSetupTimeoutMaxMs', 30_000, 1),
      tls: security.tls,
      sasl: security.sasl,
      reconnectBackoffMs: milliseconds('reconnectBackoffMs', 50),
      reconnectBackoffMaxMs: milliseconds('reconnectBackoffMaxMs', 1000),
    },
    metadata: {
      ...defaultMetadataOptions,
      requestTimeoutMs: milliseconds('requestTimeoutMs', 30_000, 1),
      metadataMaxAgeMs: milliseconds('metadataMaxAgeMs', 300_000, 1),
      retryBackoffMs: milliseconds('retryBackoffMs', 100),
      retryBackoffMaxMs: milliseconds('retryBackoffMaxMs', 1000),
    },
  };
}
