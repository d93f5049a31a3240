// Decides which error a connection that ended, or an answer that did not come, is told as.
import { failureReason } from './connection-failure.js';
import { ConnectionError, KafkaError, TimeoutError } from './errors.js';
import type { PendingRequest } from './pending-request.js';
import { tlsFailure } from './security/tls-failure.js';

/** How far a connection had come: nothing agreed on yet, versions and credentials under way, or requests answered. */
export type ConnectionPhase = 'connecting' | 'greeting' | 'ready';

export interface ClosedConnection {
  readonly broker: string;
  readonly phase: ConnectionPhase;
  readonly tls: boolean;
  /** Whether the client offers no SASL and was answered nothing since versions were agreed on. */
  readonly isMuteListener: boolean;
}

/** The error for a connection that ended; `error` is null when the broker ended it in good order. */
export function closedError(error: Error | null, closed: ClosedConnection): KafkaError {
  if (error instanceof KafkaError) return error;
  const { broker, phase, tls } = closed;
  // What breaks later is a broken connection; a certificate that has ended meanwhile shows when it is made again.
  const refusal = tls && phase !== 'ready' ? tlsFailure(broker, error) : null;
  if (refusal !== null) return refusal;
  const cause = error ?? undefined;
  const reason = failureReason(error);
  if (phase === 'connecting') {
    const hint = tls && isReset(error) ? 'does the listener at this port speak TLS?' : null;
    return new ConnectionError(`Cannot connect to ${broker} (${reason})`, { cause, hint });
  }
  return new ConnectionError(`The connection to ${broker} was lost (${reason})`, {
    code: 'DISCONNECTED',
    cause,
    hint: hintOf(error, closed),
  });
}

function isReset(error: Error | null): boolean {
  return error === null || (error as { code?: unknown }).code === 'ECONNRESET';
}

/** Listeners that want TLS close what does not speak it; those that want SASL agree on versions first and then close without a word. */
function hintOf(error: Error | null, { phase, tls, isMuteListener }: ClosedConnection): string | null {
  if (!isReset(error) || !isMuteListener) return null;
  if (phase === 'ready') return 'listeners that ask for SASL do so, see securityProtocol';
  return tls ? null : 'listeners that ask for TLS do so, see securityProtocol';
}

/** The error for a request whose time is over; `lastError` is what the connection last failed with. */
export function timeoutError(
  { api, written, timeoutMs }: PendingRequest,
  broker: string,
  lastError: KafkaError | null,
): TimeoutError {
  if (written) return new TimeoutError(`No answer to ${api.name} from ${broker} within ${timeoutMs} ms`);
  const cause = lastError ?? undefined;
  const why = cause === undefined ? 'it waited for its turn' : cause.message;
  return new TimeoutError(`${api.name} was not sent to ${broker} within ${timeoutMs} ms: ${why}`, { cause });
}
