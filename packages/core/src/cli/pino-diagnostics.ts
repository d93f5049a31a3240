// Decides how the stand-alone broker logs: JSON lines on stderr, by pino, which is loaded when the first line is due.
import { createRequire } from 'node:module';

import type { Logger } from 'pino';

import type { Diagnostics, LogLevel } from '../ports/diagnostics.js';

export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

const stderr = 2;

function createLogger(lowest: LogLevel): Logger {
  const { destination, pino } = createRequire(import.meta.url)('pino') as typeof import('pino');
  return pino({ level: lowest, base: null }, destination({ fd: stderr, sync: true }));
}

export function createPinoDiagnostics(lowest: LogLevel): Diagnostics {
  let logger: Logger | null = null;
  return {
    log(level, message, fields = {}) {
      if (logLevels.indexOf(level) < logLevels.indexOf(lowest)) return;
      logger ??= createLogger(lowest);
      logger[level](fields, message);
    },
  };
}
