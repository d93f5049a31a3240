// Decides how connections are protected: what the options may say, and that they do not contradict each other.
import type { Cryptography } from '../../ports/cryptography.js';
import type { Network } from '../../ports/network.js';
import type { TlsSettings } from '../../ports/tls.js';
import { InvalidOptionError } from '../errors.js';
import { booleanOption, choiceOption, knownOptions, show } from '../option-checks.js';
import type { OAuthBearerTokenProvider } from './oauth-bearer-token.js';
import type { PasswordCredentials } from './password-credentials.js';
import type { SaslMechanism } from './sasl-mechanism.js';
import { SaslOAuthBearer } from './sasl-oauth-bearer.js';
import { SaslPlain } from './sasl-plain.js';
import { SaslScram, type ScramCredentials, type ScramMechanismName } from './sasl-scram.js';
import { securityProtocols, type SecurityProtocol } from './security-protocol.js';
import { TokenSource, type TokenPorts } from './token-source.js';

/** Options of TLS, in Node's words. `true` asks for TLS with Node's own authorities. */
export type SslOptions = TlsSettings;

/** Who the client is, by one of SASL's mechanisms (`sasl.mechanism` and `sasl.jaas.config`). */
export type SaslOptions =
  | ({ readonly mechanism: 'PLAIN' } & PasswordCredentials)
  | ({ readonly mechanism: ScramMechanismName } & ScramCredentials)
  | { readonly mechanism: 'OAUTHBEARER'; readonly tokenProvider: OAuthBearerTokenProvider }
  | { readonly mechanism: SaslMechanism };

/** Options by which connections are encrypted and authenticated. */
export interface SecurityOptions {
  /** Default: what `ssl` and `sasl` ask for, `PLAINTEXT` without them. */
  readonly securityProtocol?: SecurityProtocol;
  /** TLS; `true`, or `{}`, trusts the authorities that Node trusts. */
  readonly ssl?: boolean | SslOptions;
  /** SASL; absent: the client is anonymous, or who its TLS certificate says. */
  readonly sasl?: SaslOptions;
}

export const securityOptionNames = [
  'securityProtocol',
  'ssl',
  'sasl',
] as const satisfies readonly (keyof SecurityOptions)[];

/** The same options, checked and complete. */
export interface Security {
  readonly protocol: SecurityProtocol;
  readonly tls: TlsSettings | null;
  readonly sasl: SaslMechanism | null;
}

export interface SecurityPorts extends TokenPorts {
  readonly network: Network;
  readonly cryptography: Cryptography;
}

const plainSettings: TlsSettings = {};
const scramNames = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
const mechanismNames = ['PLAIN', ...scramNames, 'OAUTHBEARER'] as const;
const tlsNames = [
  'ca',
  'cert',
  'key',
  'passphrase',
  'pfx',
  'servername',
  'rejectUnauthorized',
  'endpointIdentificationAlgorithm',
  'minVersion',
  'maxVersion',
  'ciphers',
] as const satisfies readonly (keyof TlsSettings)[];

/** One for all clients with the same options, so that they share bearer tokens. */
export class SecurityFactory {
  readonly #mechanisms = new WeakMap<object, SaslMechanism>();

  constructor(private readonly ports: SecurityPorts) {}

  /** Throws an InvalidOptionError for options that cannot be meant. */
  security(options: SecurityOptions): Security {
    const { ssl = false, sasl } = options;
    if (typeof ssl !== 'boolean' && (typeof ssl !== 'object' || ssl === null))
      throw invalid('ssl', `ssl is ${show(ssl)}; it has to be true, false or an object`);
    if (sasl !== undefined && (typeof sasl !== 'object' || sasl === null))
      throw invalid('sasl', 'sasl has to be an object with a mechanism, such as { mechanism: "PLAIN", … }');
    const implied: SecurityProtocol = `${sasl === undefined ? '' : 'SASL_'}${ssl === false ? 'PLAINTEXT' : 'SSL'}`;
    const { securityProtocol } = options;
    const protocol = choiceOption('securityProtocol', securityProtocol, implied, securityProtocols);
    checkAgreement(protocol, options);
    return {
      protocol,
      tls: protocol.endsWith('SSL') ? this.#tls(typeof ssl === 'boolean' ? plainSettings : ssl) : null,
      sasl: sasl === undefined ? null : this.#mechanism(sasl),
    };
  }

  #tls(settings: TlsSettings): TlsSettings {
    knownOptions('ssl options', settings, tlsNames);
    booleanOption('ssl.rejectUnauthorized', settings.rejectUnauthorized, true);
    const { endpointIdentificationAlgorithm: algorithm } = settings;
    choiceOption('ssl.endpointIdentificationAlgorithm', algorithm, 'https', ['https', 'none'] as const);
    if ((settings.cert === undefined) !== (settings.key === undefined))
      throw invalid(
        'ssl',
        "ssl.cert and ssl.key belong together: the client's certificate and its private key",
      );
    try {
      this.ports.network.checkTls?.(settings);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw invalid(
        'ssl',
        `The ssl options cannot be used: ${reason}; ca, cert and key have to be PEM text`,
        cause,
      );
    }
    return settings;
  }

  #mechanism(options: SaslOptions): SaslMechanism {
    const known = this.#mechanisms.get(options);
    if (known !== undefined) return known;
    const mechanism = this.#newMechanism(options);
    this.#mechanisms.set(options, mechanism);
    return mechanism;
  }

  #newMechanism(options: SaslOptions): SaslMechanism {
    const { mechanism } = options;
    if (typeof mechanism === 'object') return customMechanism(mechanism);
    switch (mechanism) {
      case 'PLAIN':
        knownOptions('sasl options of PLAIN', options, ['mechanism', 'username', 'password']);
        return new SaslPlain(passwordCredentials(options));
      case 'SCRAM-SHA-256':
      case 'SCRAM-SHA-512':
        knownOptions('sasl options of SCRAM', options, [
          'mechanism',
          'username',
          'password',
          'isDelegationToken',
        ]);
        return new SaslScram(mechanism, scramCredentials(options), this.ports);
      case 'OAUTHBEARER':
        knownOptions('sasl options of OAUTHBEARER', options, ['mechanism', 'tokenProvider']);
        if (typeof options.tokenProvider !== 'function')
          throw invalid('sasl.tokenProvider', 'sasl.tokenProvider has to be a function that gives a token');
        return new SaslOAuthBearer(new TokenSource(options.tokenProvider, this.ports));
      default:
        throw unknownMechanism(mechanism);
    }
  }
}

function checkAgreement(protocol: SecurityProtocol, { ssl, sasl }: SecurityOptions): void {
  const wantsTls = protocol.endsWith('SSL');
  const wantsSasl = protocol.startsWith('SASL_');
  const wrong = (text: string): InvalidOptionError =>
    invalid('securityProtocol', `securityProtocol is ${protocol}, ${text}`);
  if (wantsSasl && sasl === undefined)
    throw wrong('which needs the sasl option: a mechanism and credentials');
  if (!wantsSasl && sasl !== undefined)
    throw wrong(
      `and sasl is given: set it to ${wantsTls ? 'SASL_SSL' : 'SASL_PLAINTEXT'}, or leave sasl out`,
    );
  if (!wantsTls && ssl !== undefined && ssl !== false)
    throw wrong(`and ssl is given: set it to ${wantsSasl ? 'SASL_SSL' : 'SSL'}, or leave ssl out`);
  if (wantsTls && ssl === false) throw wrong('and ssl is false: leave one of them out');
}

function customMechanism(mechanism: unknown): SaslMechanism {
  const { name, begin } = (mechanism ?? {}) as { name?: unknown; begin?: unknown };
  if (typeof name !== 'string' || name === '' || typeof begin !== 'function')
    throw invalid('sasl.mechanism', 'A sasl.mechanism of your own needs a name and a method begin');
  return mechanism as SaslMechanism;
}

function unknownMechanism(mechanism: unknown): InvalidOptionError {
  const similar = mechanismNames.find((name) => name === String(mechanism).toUpperCase());
  const hint = similar === undefined ? '' : `; did you mean ${similar}?`;
  return invalid(
    'sasl.mechanism',
    `sasl.mechanism is ${show(mechanism)}; it has to be one of ${mechanismNames.join(', ')} or a mechanism of your own${hint}`,
  );
}

function passwordCredentials({ username, password }: PasswordCredentials): PasswordCredentials {
  if (typeof username !== 'string' || username === '')
    throw invalid('sasl.username', 'sasl.username has to be text that is not empty');
  if (typeof password !== 'string' && typeof password !== 'function')
    throw invalid('sasl.password', 'sasl.password has to be text, or a function that gives it');
  return { username, password };
}

function scramCredentials(options: ScramCredentials): ScramCredentials {
  const isDelegationToken = booleanOption('sasl.isDelegationToken', options.isDelegationToken, false);
  return { ...passwordCredentials(options), isDelegationToken };
}

function invalid(option: string, message: string, cause?: unknown): InvalidOptionError {
  const error = new InvalidOptionError(option, message);
  if (cause !== undefined) error.cause = cause;
  return error;
}
