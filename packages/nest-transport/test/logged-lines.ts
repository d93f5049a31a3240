import { Logger } from '@nestjs/common';

/** Nest's log lines of a test, as `level text`; debug lines are left out. */
export function collectLog(): string[] {
  const lines: string[] = [];
  const collect = (level: string) => (message: unknown) => void lines.push(`${level} ${String(message)}`);
  Logger.overrideLogger({
    log: collect('log'),
    warn: collect('warn'),
    error: collect('error'),
    fatal: collect('fatal'),
    debug: () => undefined,
    verbose: () => undefined,
  });
  return lines;
}
