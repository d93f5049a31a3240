// Decides how the fate of a record is told to whoever sent it.
import type { SentRecord } from '../machines/producer/sent-record.js';

/** Whoever sent a record, or many. */
export interface DeliveryReceiver {
  delivered(record: SentRecord): void;
  failed(error: Error, record: SentRecord): void;
}

/** Why a batch was not delivered. */
export type DeliveryFailure =
  | {
      readonly kind: 'refused';
      readonly errorCode: number;
      readonly message: string | null;
      /** Records that the broker blamed, by their index in the batch. */
      readonly recordErrors: ReadonlyMap<number, string | null>;
    }
  | { readonly kind: 'expired'; readonly error: Error | null; readonly ageMs: number }
  | { readonly kind: 'transport'; readonly error: Error }
  | { readonly kind: 'no-producer-id'; readonly errorCode: number };
