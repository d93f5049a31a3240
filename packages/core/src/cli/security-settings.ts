// Decides how what the command line, the environment and a file say of TLS and SASL becomes the clients' options.
import { readFileSync } from 'node:fs';

import type { SaslOptions, SecurityOptions, SslOptions } from '../client/security/security-options.js';
import type { SecurityProtocol } from '../client/security/security-protocol.js';
import { UsageError } from './failures.js';

type Changeable<T> = { -readonly [Name in keyof T]?: T[Name] };

/** Each may come from anywhere; undefined: nobody said. */
export interface SecuritySettings {
  securityProtocol?: SecurityProtocol | undefined;
  mechanism?: string | undefined;
  username?: string | undefined;
  password?: string | (() => string) | undefined;
  isDelegationToken?: boolean | undefined;
  /** Gives the bearer token. */
  token?: (() => string) | undefined;
  readonly ssl: Changeable<SslOptions>;
}

export const passwordVariable = 'KAFKA_SASL_PASSWORD';
export const keyPasswordVariable = 'KAFKA_SSL_KEY_PASSWORD';

/** The bytes of a file that an option or a property names. */
export function fileBytes(file: string, what: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`${what}: ${file} cannot be read (${code ?? String(cause)})`);
  }
}

/** A secret out of a file, without the line feed at its end; read again each time, so that it may be replaced meanwhile. */
export function secretOf(file: string, what: string): () => string {
  const read = (): string =>
    fileBytes(file, what)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  read();
  return read;
}

function passwordCredentials({ mechanism, username, password }: SecuritySettings): {
  username: string;
  password: string | (() => string);
} {
  if (username === undefined)
    throw new UsageError(`SASL mechanism ${mechanism} needs a user: give --sasl-username`);
  if (password === undefined)
    throw new UsageError(
      `SASL mechanism ${mechanism} needs a password: give --sasl-password-file, or set $${passwordVariable}`,
    );
  return { username, password };
}

function saslOptions(settings: SecuritySettings): SaslOptions | undefined {
  const { mechanism, securityProtocol, token } = settings;
  switch (mechanism) {
    case undefined:
      if (securityProtocol?.startsWith('SASL_') === true)
        throw new UsageError(`security protocol ${securityProtocol} needs --sasl-mechanism`);
      if (settings.username !== undefined || token !== undefined)
        throw new UsageError('SASL credentials are given and no mechanism: give --sasl-mechanism');
      return undefined;
    case 'PLAIN':
      return { mechanism, ...passwordCredentials(settings) };
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512':
      return {
        mechanism,
        ...passwordCredentials(settings),
        ...(settings.isDelegationToken === true && { isDelegationToken: true }),
      };
    case 'OAUTHBEARER':
      if (token === undefined)
        throw new UsageError('SASL mechanism OAUTHBEARER needs a token: give --sasl-token-file');
      return { mechanism, tokenProvider: () => ({ value: token() }) };
    default:
      throw new UsageError(
        `SASL mechanism ${mechanism} is not known; it is one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER`,
      );
  }
}

/** What is left open is left to the clients; what contradicts itself is told here in the words of the command line. */
export function securityOptions(settings: SecuritySettings): SecurityOptions {
  const { securityProtocol, ssl } = settings;
  const sasl = saslOptions(settings);
  if ((ssl.cert === undefined) !== (ssl.key === undefined))
    throw new UsageError("--ssl-cert and --ssl-key belong together: the client's certificate and its key");
  const hasSsl = Object.values(ssl).some((value) => value !== undefined);
  if (securityProtocol !== undefined && hasSsl && !securityProtocol.endsWith('SSL'))
    throw new UsageError(
      `security protocol ${securityProtocol} does not encrypt, and TLS is asked for: use SSL or SASL_SSL`,
    );
  if (securityProtocol !== undefined && sasl !== undefined && !securityProtocol.startsWith('SASL_'))
    throw new UsageError(
      `security protocol ${securityProtocol} does not authenticate by SASL: use SASL_PLAINTEXT or SASL_SSL`,
    );
  return {
    ...(securityProtocol !== undefined && { securityProtocol }),
    ...(hasSsl && { ssl }),
    ...(sasl !== undefined && { sasl }),
  };
}
