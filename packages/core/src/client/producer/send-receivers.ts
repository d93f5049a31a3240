// Decides how the fate of records settles the promises of send and sendMany.
import type { SentRecord } from '../../machines/producer/sent-record.js';
import type { DeliveryReceiver } from '../../runtime/sender-delivery.js';
import { KafkaError, SendManyError } from '../errors.js';
import type { RecordMetadata } from '../types.js';

/** A call of send or sendMany. A record belongs to a batch once it is `accepted`; before that it can be `rejected`. */
export interface SendReceiver extends DeliveryReceiver {
  /** Nobody waits for it any more: what is not in a batch need not be sent. */
  readonly isAborted: boolean;
  accepted(index: number, record: SentRecord): void;
  rejected(index: number, error: Error): void;
}

/** What settles the promise that was made last. */
let resolveLast: (metadata: RecordMetadata) => void;
let rejectLast: (error: Error) => void;

/** One function for all promises, where an executor of its own for each would be an object more per record. */
const keepSettlers = (resolve: (metadata: RecordMetadata) => void, reject: (error: Error) => void): void => {
  resolveLast = resolve;
  rejectLast = reject;
};

/** One record, one promise. */
export class SingleSend implements SendReceiver {
  readonly promise = new Promise<RecordMetadata>(keepSettlers);
  readonly resolve = resolveLast;
  readonly reject = rejectLast;

  get isAborted(): boolean {
    return false;
  }

  accepted(): void {
    // The record itself comes back with `delivered`.
  }

  delivered(record: SentRecord): void {
    this.resolve(record);
  }

  failed(error: Error): void {
    this.reject(error);
  }

  rejected(_index: number, error: Error): void {
    this.reject(error);
  }
}

/** Many records, one promise, settled when the fate of each is known. */
export class ManySends implements SendReceiver {
  readonly #results: (SentRecord | Error | undefined)[] = [];
  #unsettled: number;
  #failures = 0;
  #indexes: Map<SentRecord | Error | undefined, number> | null = null;

  constructor(
    count: number,
    private readonly resolve: (metadata: RecordMetadata[]) => void,
    private readonly reject: (error: Error) => void,
  ) {
    this.#results.length = count;
    this.#unsettled = count;
  }

  get isAborted(): boolean {
    return false;
  }

  accepted(index: number, record: SentRecord): void {
    this.#results[index] = record;
  }

  delivered(): void {
    if (--this.#unsettled === 0) this.#settle();
  }

  failed(error: Error, record: SentRecord): void {
    // Records that still wait for metadata or memory have no result yet; those that were accepted later are looked for.
    this.#indexes ??= new Map(Array.from(this.#results, (result, index) => [result, index]));
    const index = this.#indexes.get(record) ?? this.#results.indexOf(record);
    this.rejected(index, error);
  }

  rejected(index: number, error: Error): void {
    this.#results[index] = error;
    this.#failures++;
    if (--this.#unsettled === 0) this.#settle();
  }

  #settle(): void {
    if (this.#failures === 0) {
      this.resolve(this.#results as RecordMetadata[]);
      return;
    }
    const index = this.#results.findIndex((result) => result instanceof Error);
    const first = this.#results[index];
    const text = first instanceof Error ? first.message : '';
    const message = `${this.#failures} of ${this.#results.length} records were not sent; the first of them, record ${index}: ${text}`;
    this.reject(
      new SendManyError(
        message,
        first instanceof KafkaError ? first : null,
        this.#results as (SentRecord | Error)[],
      ),
    );
  }
}
