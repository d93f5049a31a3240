// Decides how a connection is authenticated by SASL: handshake, then tokens to and fro until both sides are content (KIP-43, KIP-152).
import { apis, type Api } from '../../protocol/api-keys.js';
import { ErrorCode, errorByCode } from '../../protocol/errors.js';
import { failureReason } from '../connection-failure.js';
import { ConnectionError, KafkaError, SaslAuthenticationError } from '../errors.js';
import { SaslRejection, type SaslContext, type SaslMechanism } from './sasl-mechanism.js';

/** Sends a request on the connection in question, past those that wait for its being ready. */
export type SaslSend = <Request, Response>(
  api: Api<Request, Response>,
  minVersion: number,
  body: Request,
) => Promise<Response>;

export interface SaslPeer extends SaslContext {
  /** The broker's name for messages. */
  readonly broker: string;
}

/** SaslHandshake 0 would be followed by tokens without Kafka's framing; brokers since 1.0 do better. */
const handshakeVersion = 1;
/** No mechanism takes so many; a broker that goes on for ever is not followed. */
const maxRounds = 16;

/** Resolves with the milliseconds for which the broker takes requests now, 0 for ever (KIP-368). */
export async function authenticate(
  mechanism: SaslMechanism,
  peer: SaslPeer,
  send: SaslSend,
): Promise<number> {
  await handshake(mechanism, peer, send);
  try {
    const exchange = mechanism.begin({ host: peer.host, port: peer.port });
    let token: Buffer | null = await exchange.first();
    for (let round = 0; round < maxRounds; round++) {
      const answer = await send(apis.saslAuthenticate, 0, { authBytes: token });
      if (answer.errorCode !== ErrorCode.NONE)
        throw refusal(mechanism, peer, answer.errorCode, answer.errorMessage);
      token = await exchange.next(answer.authBytes);
      if (token === null) return answer.sessionLifetimeMs;
    }
    throw new SaslRejection(`it is not over after ${maxRounds} rounds`);
  } catch (error) {
    throw failure(mechanism, peer, error);
  }
}

async function handshake(mechanism: SaslMechanism, peer: SaslPeer, send: SaslSend): Promise<void> {
  const { errorCode, mechanisms } = await send(apis.saslHandshake, handshakeVersion, {
    mechanism: mechanism.name,
  });
  if (errorCode === ErrorCode.NONE) return;
  const what = `Cannot authenticate with ${peer.broker} by ${mechanism.name}`;
  const { name } = errorByCode(errorCode);
  const details = { broker: peer.broker, mechanism: mechanism.name, errorCode };
  if (errorCode === ErrorCode.UNSUPPORTED_SASL_MECHANISM) {
    throw new SaslAuthenticationError(
      `${what}: ${name} (the broker takes ${mechanisms.join(', ') || 'none'}); set sasl.mechanism to one of them`,
      details,
    );
  }
  throw new SaslAuthenticationError(
    `${what}: ${name} (this listener does not authenticate by SASL); set securityProtocol to PLAINTEXT or SSL, or connect to a SASL listener`,
    details,
  );
}

function refusal(
  mechanism: SaslMechanism,
  { broker }: SaslPeer,
  errorCode: number,
  text: string | null,
): KafkaError {
  const known = errorByCode(errorCode);
  const advice =
    mechanism.name === 'OAUTHBEARER'
      ? 'check the token that sasl.tokenProvider gives'
      : 'check sasl.username, sasl.password and that the broker knows the user for this mechanism';
  return new SaslAuthenticationError(
    `Cannot authenticate with ${broker} by ${mechanism.name}: ${known.name} (${text ?? known.message}); ${advice}`,
    { broker, mechanism: mechanism.name, errorCode },
  );
}

function failure(mechanism: SaslMechanism, { broker }: SaslPeer, cause: unknown): KafkaError {
  if (cause instanceof KafkaError) return cause;
  const text = `Cannot authenticate with ${broker} by ${mechanism.name}: ${failureReason(cause)}`;
  if (cause instanceof SaslRejection)
    return new SaslAuthenticationError(text, { broker, mechanism: mechanism.name, cause });
  // Credentials that could not be had now may be had the next time.
  return new ConnectionError(text, { cause });
}
