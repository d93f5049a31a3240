// Decides which failures of a connection are the TLS handshake's, and what to do about each.
import { SslAuthenticationError } from '../errors.js';

const trust = "give the certificate of the broker's authority as ssl.ca";
const own = 'the broker wants a certificate of an authority that it trusts: give ssl.cert and ssl.key';
const host =
  'connect by a name that the certificate bears, or set ssl.servername to one (or ssl.endpointIdentificationAlgorithm to none)';
const dates = "the broker's certificate has to be renewed, or a clock is wrong";
const versions =
  'ssl.minVersion, ssl.maxVersion and ssl.ciphers have to fit what the broker allows (ssl.enabled.protocols)';
const plain = 'check that the listener at this port speaks TLS, else set securityProtocol to PLAINTEXT';

/** What to do, by Node's error codes; the first that fits counts. */
const advices: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/^ERR_TLS_CERT_ALTNAME/, host],
  [/^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|CRL_)/, dates],
  [/ALERT|^ERR_SSL_(TLSV1_UNRECOGNIZED_NAME|PEER_DID_NOT)/, own],
  [/^(UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|CERT_|INVALID_CA|HOSTNAME_MISMATCH|ERR_TLS_CERT)/, trust],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH|RECORD_LAYER|BAD_RECORD|HTTP_REQUEST|^EPROTO$/, plain],
  [/^ERR_SSL_/, versions],
];

const versionAlerts = /ALERT_PROTOCOL_VERSION|ALERT_INSUFFICIENT_SECURITY|NO_SHARED_CIPHER/;

/** The error for a handshake that failed; null when the connection failed in another way, which may go better another time. */
export function tlsFailure(broker: string, cause: Error | null): SslAuthenticationError | null {
  const code = (cause as { code?: unknown } | null)?.code;
  if (cause === null || typeof code !== 'string') return null;
  const advice = versionAlerts.test(code) ? versions : advices.find(([pattern]) => pattern.test(code))?.[1];
  if (advice === undefined) return null;
  return new SslAuthenticationError(
    `Cannot agree on TLS with ${broker}: ${code} (${oneLine(cause.message)}); ${advice}`,
    { broker, cause },
  );
}

/** OpenSSL's messages bring a thread's number and a source line; the reason between them is enough. */
function oneLine(message: string): string {
  const reason = /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1];
  return (reason ?? message).replace(/\s+/g, ' ').trim();
}
