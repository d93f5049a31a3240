// Decides the options by which commands encrypt and authenticate their connections, and which source wins.
import { Option, type Command } from 'commander';

import type { ConnectionOptions } from '../client/client-options.js';
import { securityProtocols, type SecurityProtocol } from '../client/security/security-protocol.js';
import { readCommandConfig, type CommandConfig } from './command-config.js';
import {
  fileBytes,
  keyPasswordVariable,
  passwordVariable,
  secretOf,
  securityOptions,
  type SecuritySettings,
} from './security-settings.js';

export interface SecurityArguments {
  readonly commandConfig?: string;
  readonly securityProtocol?: SecurityProtocol;
  readonly saslMechanism?: string;
  readonly saslUsername?: string;
  readonly saslPasswordFile?: string;
  readonly saslTokenFile?: string;
  readonly sslCa?: string;
  readonly sslCert?: string;
  readonly sslKey?: string;
}

export function addSecurityOptions(command: Command): Command {
  return command
    .option('--command-config <file>', "client properties, as for Kafka's tools; options given here win")
    .addOption(
      new Option('--security-protocol <protocol>', 'how connections are protected').choices([
        ...securityProtocols,
      ]),
    )
    .addOption(
      new Option('--sasl-mechanism <name>', 'how to authenticate').choices([
        'PLAIN',
        'SCRAM-SHA-256',
        'SCRAM-SHA-512',
        'OAUTHBEARER',
      ]),
    )
    .option('--sasl-username <name>', 'the user, for PLAIN and SCRAM')
    .option('--sasl-password-file <file>', `holds the password (default: $${passwordVariable})`)
    .option('--sasl-token-file <file>', 'holds the bearer token, for OAUTHBEARER; read again when it ends')
    .option('--ssl-ca <file>', 'certificate authorities to trust, PEM (default: those of Node)')
    .option('--ssl-cert <file>', "the client's certificate with its chain, PEM")
    .option('--ssl-key <file>', `its private key, PEM (its password: $${keyPasswordVariable})`);
}

export interface ConnectionArguments {
  readonly bootstrapServers: string | undefined;
  readonly client: ConnectionOptions;
  readonly unused: readonly string[];
}

const emptyConfig: CommandConfig = {
  bootstrapServers: undefined,
  client: {},
  security: { ssl: {} },
  unused: [],
};

/** The command line wins over the environment, which wins over the file. */
export function connectionArguments(
  given: SecurityArguments,
  variables: Readonly<Record<string, string | undefined>>,
): ConnectionArguments {
  const config = given.commandConfig === undefined ? emptyConfig : readCommandConfig(given.commandConfig);
  const { security } = config;
  const pem = (file: string | undefined, option: string): Buffer | undefined =>
    file === undefined ? undefined : fileBytes(file, option);
  const settings: SecuritySettings = {
    securityProtocol: given.securityProtocol ?? security.securityProtocol,
    mechanism: given.saslMechanism ?? security.mechanism,
    username: given.saslUsername ?? security.username,
    password:
      given.saslPasswordFile === undefined
        ? (variables[passwordVariable] ?? security.password)
        : secretOf(given.saslPasswordFile, '--sasl-password-file'),
    isDelegationToken: security.isDelegationToken,
    token: given.saslTokenFile === undefined ? undefined : secretOf(given.saslTokenFile, '--sasl-token-file'),
    ssl: { ...security.ssl },
  };
  const { ssl } = settings;
  const ca = pem(given.sslCa, '--ssl-ca') ?? ssl.ca;
  const cert = pem(given.sslCert, '--ssl-cert') ?? ssl.cert;
  const key = pem(given.sslKey, '--ssl-key') ?? ssl.key;
  const passphrase = variables[keyPasswordVariable] ?? ssl.passphrase;
  if (ca !== undefined) ssl.ca = ca;
  if (cert !== undefined) ssl.cert = cert;
  if (key !== undefined) ssl.key = key;
  if (passphrase !== undefined && (key !== undefined || ssl.pfx !== undefined)) ssl.passphrase = passphrase;
  return {
    bootstrapServers: config.bootstrapServers,
    client: { ...config.client, ...securityOptions(settings) },
    unused: config.unused,
  };
}
