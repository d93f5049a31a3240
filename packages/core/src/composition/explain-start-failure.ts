// Decides how a broker says why it cannot start, in one sentence that also says what to do.
import { InvalidConfigError } from '../machines/controller/config/resolved-broker-config.js';
import { MetadataLogError } from '../broker/metadata-log.js';
import { FileSystemError } from '../foundation/file-system-error.js';
import { ListenError } from '../io/listen-error.js';
import { LogDirectoryError } from '../runtime/log-manager.js';
import type { BrokerOptions } from './broker-options.js';
import { BrokerStartError } from './broker-start-error.js';

const listenAdvice: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there; stop it, or choose another port (port 0 takes a free one)',
  EACCES: 'the system does not allow it; choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; choose 127.0.0.1, 0.0.0.0 or an address of this machine',
  ENOTFOUND: 'the host name is unknown; choose 127.0.0.1, 0.0.0.0 or a name of this machine',
};

/** Turns what went wrong during a start into a BrokerStartError; anything unforeseen is left as it is. */
export function explainStartFailure(error: unknown, options: BrokerOptions): unknown {
  if (error instanceof ListenError) {
    const { host, port } = error.address;
    const advice = listenAdvice[error.code] ?? error.code;
    return new BrokerStartError('CANNOT_LISTEN', `Cannot listen on ${host}:${port}: ${advice}`, error);
  }
  if (error instanceof InvalidConfigError)
    return new BrokerStartError('INVALID_OPTION', error.message, error);
  const directory = options.dataDirectory ?? '(in memory)';
  if (error instanceof FileSystemError && error.reason === 'locked') {
    const message = `Data directory ${directory} is in use by another broker; stop it, or choose another directory`;
    return new BrokerStartError('DATA_DIRECTORY', message, error);
  }
  if (
    error instanceof FileSystemError ||
    error instanceof LogDirectoryError ||
    error instanceof MetadataLogError
  ) {
    return new BrokerStartError(
      'DATA_DIRECTORY',
      `Data directory ${directory} cannot be used: ${error.message}`,
      error,
    );
  }
  return error;
}
