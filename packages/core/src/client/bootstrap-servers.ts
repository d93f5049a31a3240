// Decides what a list of bootstrap servers may look like.
import type { Address } from '../ports/network.js';
import { InvalidOptionError } from './errors.js';

const defaultPort = 9092;

function invalid(text: string, why: string): InvalidOptionError {
  return new InvalidOptionError(
    'bootstrapServers',
    `bootstrapServers has an entry ${JSON.stringify(text)} ${why}; give host:port, for example 127.0.0.1:9092`,
  );
}

/** Reads `host:port`, `[ipv6]:port`, or a bare host with Kafka's usual port; a listener name such as `PLAINTEXT://` may precede it. */
export function parseAddress(text: string): Address {
  const trimmed = text.trim();
  const match = /^(?:([A-Za-z_]+):\/\/)?(\[[0-9A-Fa-f:.%]+\]|[^:/\s[\]]+)(?::([^:]*))?$/.exec(trimmed);
  const host = match?.[2];
  if (match === null || host === undefined) throw invalid(text, 'that is no address');
  const protocol = match[1]?.toUpperCase();
  if (protocol !== undefined && protocol !== 'PLAINTEXT') {
    throw invalid(text, `that asks for ${protocol}, and only PLAINTEXT connections are supported yet`);
  }
  const portText = match[3];
  const port = portText === undefined ? defaultPort : Number(portText);
  if (portText === '' || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw invalid(text, 'whose port is not a number from 1 to 65535');
  }
  return { host: host.startsWith('[') ? host.slice(1, -1) : host, port };
}

/** Reads the `bootstrapServers` option: a list, or one string with commas. */
export function parseBootstrapServers(servers: string | readonly string[]): Address[] {
  const entries = (typeof servers === 'string' ? servers.split(',') : servers)
    .map((entry) => {
      if (typeof entry !== 'string') throw invalid(String(entry), 'that is not text');
      return entry.trim();
    })
    .filter((entry) => entry !== '');
  if (entries.length === 0) {
    throw new InvalidOptionError(
      'bootstrapServers',
      'bootstrapServers is empty; give at least one broker, for example 127.0.0.1:9092',
    );
  }
  const addresses = entries.map(parseAddress);
  const seen = new Set<string>();
  return addresses.filter((address) => {
    const key = formatAddress(address);
    return !seen.has(key) && seen.add(key);
  });
}

export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
