// Decides which texts are addresses to listen on or to advertise.
import type { Address } from '../ports/network.js';
import { BrokerStartError } from './broker-start-error.js';

const pattern = /^(?:PLAINTEXT:\/\/)?(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]*)):(\d{1,5})$/;

/** Reads `host:port`, also Kafka's `PLAINTEXT://host:port` and IPv6 in brackets; throws a BrokerStartError that names the option. */
export function parseListenAddress(text: string, option: string): Address {
  const match = pattern.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new BrokerStartError(
      'INVALID_OPTION',
      `Option ${option} cannot be "${text}": it must be host:port, such as 127.0.0.1:9092`,
    );
  }
  // An empty host is Kafka's way to say all interfaces.
  const host = match[1] ?? match[2] ?? '';
  return { host: host === '' ? '0.0.0.0' : host, port };
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
