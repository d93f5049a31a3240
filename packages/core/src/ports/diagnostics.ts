// Decides where the engine tells what happened.

/** How much a log line matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Values that a log line carries beside its text. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Where clients and brokers log; by default warnings and errors go to stderr. */
export interface Diagnostics {
  /** One line; `message` is a whole sentence without a full stop, `fields` name topics, partitions, addresses. */
  log(level: LogLevel, message: string, fields?: LogFields): void;
}
