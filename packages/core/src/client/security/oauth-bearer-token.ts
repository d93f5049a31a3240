// Decides what a bearer token is, and how long one is used before another is asked for.

/** A token for OAUTHBEARER (KIP-255), mostly a JSON web token. */
export interface OAuthBearerToken {
  /** The token as it is sent. */
  readonly value: string;
  /** When it ends, in milliseconds since 1970. Default: what `exp` says when it is a JSON web token, else it does not end. */
  readonly expiresAtMs?: number;
  /** SASL extensions (KIP-342): names of letters, with values in printable ASCII. */
  readonly extensions?: Readonly<Record<string, string>>;
}

/** Gives a token; called again when most of the last one's life is over, also while connections are open. */
export type OAuthBearerTokenProvider = () => OAuthBearerToken | Promise<OAuthBearerToken>;

/** The same, checked and complete. */
export interface CheckedToken {
  readonly value: string;
  /** Infinity when it does not end. */
  readonly expiresAtMs: number;
  readonly extensions: readonly (readonly [name: string, value: string])[];
}

/** RFC 6750. */
const tokenPattern = /^[-A-Za-z0-9._~+/]+=*$/;
/** RFC 7628; `auth` is the token's own place. */
const extensionName = /^[A-Za-z]+$/;
const extensionValue = /^[\x21-\x7E \t\r\n]+$/;

/** The seconds that `exp` of a JSON web token says; null when it is none or does not say. Nothing is verified: that is the broker's part. */
function expiryOf(token: string): number | null {
  const payload = token.split('.')[1];
  if (payload === undefined) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const exp: unknown = (claims as { exp?: unknown } | null)?.exp;
    return typeof exp === 'number' && Number.isFinite(exp) ? exp : null;
  } catch {
    return null;
  }
}

/** Throws a TypeError that tells what is wrong with what a provider gave; the token itself is not told. */
export function checkedToken(given: OAuthBearerToken): CheckedToken {
  const value: unknown = (given as OAuthBearerToken | null | undefined)?.value;
  if (typeof value !== 'string' || !tokenPattern.test(value))
    throw new TypeError('the token provider gave no bearer token: { value } has to be its text');
  const { expiresAtMs, extensions = {} } = given;
  if (expiresAtMs !== undefined && (typeof expiresAtMs !== 'number' || !(expiresAtMs > 0)))
    throw new TypeError('the token provider gave an expiresAtMs that is no time in milliseconds since 1970');
  const entries = Object.entries(extensions);
  for (const [name, text] of entries) {
    if (
      !extensionName.test(name) ||
      name === 'auth' ||
      typeof text !== 'string' ||
      !extensionValue.test(text)
    )
      throw new TypeError(
        `the token provider gave a SASL extension ${JSON.stringify(name)} that cannot be sent`,
      );
  }
  const seconds = expiresAtMs === undefined ? expiryOf(value) : null;
  return {
    value,
    expiresAtMs: expiresAtMs ?? (seconds === null ? Number.POSITIVE_INFINITY : seconds * 1000),
    extensions: entries,
  };
}
