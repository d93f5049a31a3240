// Decides who takes a record that is not tried again.
import type { ListenerFailure } from './listener-error-handler.js';

/** Takes a record that is not tried again, as a function or an object; when it throws, the retries begin anew. */
export type RecordRecoverer =
  | ((failure: ListenerFailure) => void | Promise<void>)
  | {
      /** Resolves when the record is in good hands; rejects to have its retries begin anew. */
      recover(failure: ListenerFailure): void | Promise<void>;
    };
