// Decides how interceptors see records on their way out, and what came of them; one that fails harms nothing (KIP-42).
import type { SentRecord } from '../../machines/producer/sent-record.js';
import type { Diagnostics } from '../../ports/diagnostics.js';
import type { ProducerRecord, RecordMetadata } from '../types.js';
import type { SendReceiver } from './send-receivers.js';

/** Kafka's `interceptor.classes`. What it throws is logged and otherwise ignored. */
export interface ProducerInterceptor<K = unknown, V = unknown> {
  /** Before the record is serialized; the record that is returned is sent instead. */
  onSend?(record: ProducerRecord<K, V>): ProducerRecord<K, V>;
  /** Before the promise of the send settles: the record's place, or why it was not sent. */
  onAcknowledgement?(metadata: RecordMetadata | null, error: Error | null): void;
  /** Called once when the producer is closed. */
  close?(): void;
}

export class InterceptorChain {
  constructor(
    private readonly interceptors: readonly ProducerInterceptor[],
    private readonly diagnostics: Diagnostics,
  ) {}

  /** The record as the last interceptor left it. */
  onSend(record: ProducerRecord): ProducerRecord {
    let current = record;
    for (const interceptor of this.interceptors)
      this.#guarded('onSend', () => (current = interceptor.onSend?.(current) ?? current));
    return current;
  }

  onAcknowledgement(metadata: RecordMetadata | null, error: Error | null): void {
    for (const interceptor of this.interceptors)
      this.#guarded('onAcknowledgement', () => interceptor.onAcknowledgement?.(metadata, error));
  }

  close(): void {
    for (const interceptor of this.interceptors) this.#guarded('close', () => interceptor.close?.());
  }

  #guarded(what: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.diagnostics.log('warn', `A producer interceptor failed in ${what} and was passed over`, {
        reason,
      });
    }
  }
}

/** Tells the interceptors first. */
export class InterceptedSend implements SendReceiver {
  constructor(
    private readonly inner: SendReceiver,
    private readonly chain: InterceptorChain,
  ) {}

  get isAborted(): boolean {
    return this.inner.isAborted;
  }

  accepted(index: number, record: SentRecord): void {
    this.inner.accepted(index, record);
  }

  delivered(record: SentRecord): void {
    this.chain.onAcknowledgement(record, null);
    this.inner.delivered(record);
  }

  failed(error: Error, record: SentRecord): void {
    this.chain.onAcknowledgement(null, error);
    this.inner.failed(error, record);
  }

  rejected(index: number, error: Error): void {
    this.chain.onAcknowledgement(null, error);
    this.inner.rejected(index, error);
  }
}
