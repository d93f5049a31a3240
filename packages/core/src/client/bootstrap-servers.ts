// Decides what a list of bootstrap servers may look like.
import type { Address } from '../ports/network.js';
import { InvalidOptionError } from './errors.js';
import { securityProtocols, type SecurityProtocol } from './security/security-protocol.js';

function invalid(text: string, why: string): InvalidOptionError {
  return new InvalidOptionError(
    'bootstrapServers',
    `bootstrapServers has an entry ${JSON.stringify(text)} ${why}; give host:port, for example 127.0.0.1:9092`,
  );
}

/** Reads `host:port` or `[ipv6]:port`; the security protocol, such as `SSL://`, may precede it. */
export function parseAddress(text: string, securityProtocol: SecurityProtocol): Address {
  const trimmed = text.trim();
  const match = /^(?:([A-Za-z_]+):\/\/)?(\[[0-9A-Fa-f:.%]+\]|[^:/\s[\]]+)(?::([^:]*))?$/.exec(trimmed);
  const host = match?.[2];
  if (match === null || host === undefined) throw invalid(text, 'that is no address');
  const prefix = match[1]?.toUpperCase();
  if (prefix !== undefined && prefix !== securityProtocol) {
    const isProtocol = securityProtocols.some((protocol) => protocol === prefix);
    throw invalid(
      text,
      isProtocol
        ? `that asks for ${prefix}, but securityProtocol is ${securityProtocol}`
        : `that begins with ${prefix}://, which is no security protocol`,
    );
  }
  const portText = match[3];
  if (portText === undefined) throw invalid(text, 'that names no port');
  const port = Number(portText);
  if (portText === '' || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw invalid(text, 'whose port is not a number from 1 to 65535');
  }
  return { host: host.startsWith('[') ? host.slice(1, -1) : host, port };
}

/** Reads the `bootstrapServers` option: a list, or one string with commas. */
export function parseBootstrapServers(
  servers: string | readonly string[],
  securityProtocol: SecurityProtocol = 'PLAINTEXT',
): Address[] {
  const isList: boolean = typeof servers === 'string' || Array.isArray(servers);
  if (!isList) throw invalid(String(servers), 'that is not text');

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
  const addresses = entries.map((entry) => parseAddress(entry, securityProtocol));
  const seen = new Set<string>();
  return addresses.filter((address) => {
    const key = formatAddress(address);
    return !seen.has(key) && seen.add(key);
  });
}

export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
