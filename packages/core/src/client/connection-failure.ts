// Decides how a failed connection is told in words.
import type { Address } from '../ports/network.js';
import { formatAddress } from './bootstrap-servers.js';

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host name could not be looked up',
};

/** A few words for a cause, to stand in parentheses. */
export function failureReason(error: unknown): string {
  if (error === null || error === undefined) return 'closed by the broker';
  // Several addresses of one host name fail together; the first one tells enough.
  const first =
    error instanceof AggregateError && error.errors.length > 0 ? (error.errors[0] as unknown) : error;
  const code = (first as { code?: unknown }).code;
  if (typeof code === 'string' && reasons[code] !== undefined) return reasons[code];
  return first instanceof Error ? first.message : String(first);
}

export function brokerName(nodeId: number, address: Address): string {
  return nodeId < 0
    ? `bootstrap server ${formatAddress(address)}`
    : `broker ${nodeId} (${formatAddress(address)})`;
}
