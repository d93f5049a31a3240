// Decides how the stand-alone broker logs: JSON lines on stderr, by pino.
import { destination, pino } from 'pino';

import type { Diagnostics, LogLevel } from '../ports/diagnostics.js';

export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

const stderr = 2;

export function createPinoDiagnostics(lowest: LogLevel): Diagnostics {
  const logger = pino({ level: lowest, base: null }, destination({ fd: stderr, sync: true }));
  return {
    log(level, message, fields = {}) {
      logger[level](fields, message);
    },
  };
}
