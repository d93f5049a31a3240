// Decides how what goes wrong is told, in one line, and with which exit code.
import { types } from 'node:util';

import { KafkaError } from '../client/errors.js';

export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The command line makes no sense. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command did not do, or did not wholly do, what it was asked. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

/** Every failure was told already; only the exit code is left. */
export class FailuresTold extends Error {
  override readonly name = 'FailuresTold';
}

const usageCodes: ReadonlySet<string> = new Set(['INVALID_OPTION', 'INVALID_ARGUMENT']);

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return exitCodes.usage;
  return error instanceof KafkaError && usageCodes.has(error.code) ? exitCodes.usage : exitCodes.failed;
}

/** True for what a user can be told in a line; anything else is a defect and shows its stack. */
export function isExpected(error: unknown): error is Error {
  if (error instanceof UsageError || error instanceof CommandFailure || error instanceof KafkaError)
    return true;
  return types.isNativeError(error) && 'syscall' in error && typeof error.syscall === 'string';
}

export function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
