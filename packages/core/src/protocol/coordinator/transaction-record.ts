// Decides the bytes of a record in __transaction_state (T2): the key is its kind and a message, the value its version and a message.
import { ByteReader } from '../../foundation/byte-reader.js';
import { codecFor } from '../codec/codec.js';
import { decodeVersioned, encodePrefixed, encodeVersioned, readPrefix } from '../versioned-message.js';
import {
  transactionLogKey,
  transactionLogValue,
  type TransactionLogKey,
  type TransactionLogKeyInput,
  type TransactionLogValue,
  type TransactionLogValueInput,
} from './transaction-log-record.js';

/** The int16 in front of the only key there is. */
const transactionLogType = 0;
const keyVersion = 0;

/** Version 1 has what transaction.version 1 and later record; with transaction.version 0 only version 0 may be written. */
export type TransactionLogValueVersion = 0 | 1;

/** What a record is about. Kinds that have no schema here are `unknown`, to be skipped. */
export type TransactionRecordKey =
  | { readonly kind: 'transaction'; readonly key: TransactionLogKey }
  | { readonly kind: 'unknown'; readonly type: number };

export function encodeTransactionLogKey(key: TransactionLogKeyInput): Buffer {
  return encodePrefixed(transactionLogType, transactionLogKey, keyVersion, key);
}

/** Throws UnsupportedFieldError where version 0 has no room for the value. */
export function encodeTransactionLogValue(
  value: TransactionLogValueInput,
  version: TransactionLogValueVersion,
): Buffer {
  return encodeVersioned(transactionLogValue, version, value);
}

/** Throws MalformedMessageError. */
export function decodeTransactionRecordKey(bytes: Buffer): TransactionRecordKey {
  const reader = new ByteReader(bytes);
  const type = readPrefix('TransactionLogKey', reader);
  return type === transactionLogType
    ? { kind: 'transaction', key: codecFor(transactionLogKey, keyVersion).read(reader) }
    : { kind: 'unknown', type };
}

/** Throws MalformedMessageError. */
export function decodeTransactionLogValue(bytes: Buffer): TransactionLogValue {
  return decodeVersioned(transactionLogValue, bytes, 'refused');
}
