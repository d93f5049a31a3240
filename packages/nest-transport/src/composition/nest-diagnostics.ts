// Decides how what the engine tells reaches Nest's log.
import { Logger } from '@nestjs/common';
import type { Diagnostics, LogFields } from '@ottla/core';

/** One line of the engine as one line of Nest's log; lines of level debug are for the engine's own developers. */
export function createNestDiagnostics(context = 'Kafka'): Diagnostics {
  const logger = new Logger(context);
  return {
    log(level, message, fields) {
      const line = `${message}${describe(fields)}`;
      if (level === 'error') {
        logger.error(line);
      } else if (level === 'warn') {
        logger.warn(line);
      } else if (level === 'info') {
        logger.log(line);
      }
    },
  };
}

function describe(fields: LogFields | undefined): string {
  const parts = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined && value !== null);
  return parts.length === 0
    ? ''
    : ` (${parts.map(([name, value]) => `${name} ${String(value)}`).join(', ')})`;
}
