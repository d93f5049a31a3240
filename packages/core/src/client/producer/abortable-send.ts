// Decides what an AbortSignal does to a send: its promise ends at once, and what is not in a batch yet is withdrawn.
import type { SentRecord } from '../../machines/producer/sent-record.js';
import { KafkaError } from '../errors.js';
import type { SendReceiver } from './send-receivers.js';

export function abortError(signal: AbortSignal): KafkaError {
  return new KafkaError(
    'The send was aborted; records that were in a batch already may be delivered all the same',
    {
      code: 'ABORTED',
      cause: signal.reason as unknown,
    },
  );
}

export class AbortableSend implements SendReceiver {
  #unsettled: number;
  readonly #onAbort: () => void;

  constructor(
    private readonly inner: SendReceiver,
    private readonly signal: AbortSignal,
    count: number,
    reject: (error: Error) => void,
  ) {
    this.#unsettled = count;
    this.#onAbort = () => reject(abortError(signal));
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get isAborted(): boolean {
    return this.signal.aborted;
  }

  accepted(index: number, record: SentRecord): void {
    this.inner.accepted(index, record);
  }

  delivered(record: SentRecord): void {
    this.#settled();
    this.inner.delivered(record);
  }

  failed(error: Error, record: SentRecord): void {
    this.#settled();
    this.inner.failed(error, record);
  }

  rejected(index: number, error: Error): void {
    this.#settled();
    this.inner.rejected(index, error);
  }

  /** A signal may outlive many sends. */
  #settled(): void {
    if (--this.#unsettled === 0) this.signal.removeEventListener('abort', this.#onAbort);
  }
}
