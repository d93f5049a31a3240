// Decides how a connection over TLS is made from the engine's settings.
import { isIP } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';

import type { Address } from '../../ports/network.js';
import type { TlsSettings } from '../../ports/tls.js';

type SecureContextOptions = NonNullable<Parameters<typeof createSecureContext>[0]>;
type PemList = SecureContextOptions['ca'];

/** Reading certificates costs milliseconds: once for all connections with the same settings. */
const contexts = new WeakMap<TlsSettings, SecureContext>();

/** Throws what Node says of settings that cannot be used. */
export function secureContext(settings: TlsSettings): SecureContext {
  let context = contexts.get(settings);
  if (context === undefined) {
    const { ca, cert, key, passphrase, pfx, ciphers } = settings;
    context = createSecureContext({
      minVersion: settings.minVersion ?? 'TLSv1.2',
      maxVersion: settings.maxVersion ?? 'TLSv1.3',
      ...(ca !== undefined && { ca: ca as PemList }),
      ...(cert !== undefined && { cert: cert as PemList }),
      ...(key !== undefined && { key }),
      ...(passphrase !== undefined && { passphrase }),
      ...(pfx !== undefined && { pfx }),
      ...(ciphers !== undefined && { ciphers }),
    });
    contexts.set(settings, context);
  }
  return context;
}

/** Starts to connect; 'secureConnect' tells that the other side has proved who it is. */
export function connectTls(address: Address, hostName: string, settings: TlsSettings): TLSSocket {
  const name = settings.servername ?? hostName;
  const checksHost = settings.endpointIdentificationAlgorithm !== 'none';
  return connect({
    host: address.host,
    port: address.port,
    secureContext: secureContext(settings),
    // SNI knows no IP addresses (RFC 6066).
    ...(isIP(name) === 0 && { servername: name }),
    rejectUnauthorized: settings.rejectUnauthorized ?? true,
    checkServerIdentity: (_host, certificate) =>
      checksHost ? checkServerIdentity(name, certificate) : undefined,
  });
}
