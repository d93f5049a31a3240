// Decides how log lines look that nobody asked to have elsewhere: one line each on stderr.
import type { Diagnostics, LogLevel } from '../../ports/diagnostics.js';

const severity: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Writes lines of that level and above. */
export function createStderrDiagnostics(lowest: LogLevel): Diagnostics {
  return {
    log(level, message, fields = {}) {
      if (severity[level] < severity[lowest]) return;
      const pairs = Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => ` ${name}=${typeof value === 'string' ? JSON.stringify(value) : value}`);
      process.stderr.write(`ottla ${level}: ${message}${pairs.join('')}\n`);
    },
  };
}
