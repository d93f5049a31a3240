// Decides what a dead letter says of where it came from and why; names and encodings are Spring Kafka's.
import type { HeaderInput } from '@ottla/core';
import type { ListenerFailure } from './listener-error-handler.js';

const original = 'kafka_dlt-original-';
const exception = 'kafka_dlt-exception-';
const keyException = 'kafka_dlt-key-exception-';

/** Longer texts are cut: a header counts towards the record's size, and nobody reads more of a stack. */
const longestTextBytes = 8_192;

/** The record's own headers, without the exceptions of an earlier dead letter, then where it came from and what went wrong. */
export function deadLetterHeaders(failure: ListenerFailure): HeaderInput[] {
  const { record } = failure;
  return [
    ...record.headers
      .toArray()
      .filter(({ key }) => !key.startsWith(exception) && !key.startsWith(keyException)),
    text(`${original}topic`, record.topic),
    { key: `${original}partition`, value: int32(record.partition) },
    { key: `${original}offset`, value: int64(record.offset) },
    { key: `${original}timestamp`, value: int64(record.timestamp) },
    text(`${original}timestamp-type`, record.timestampType),
    text(`${original}consumer-group`, failure.groupId),
    ...exceptionHeaders(failure.error),
  ];
}

function exceptionHeaders(error: unknown): HeaderInput[] {
  const isKey = (error as { part?: unknown } | null | undefined)?.part === 'key';
  const prefix = isKey ? keyException : exception;
  if (!(error instanceof Error)) {
    return [text(`${prefix}fqcn`, typeof error), text(`${prefix}message`, String(error))];
  }
  const { cause } = error;
  const headers = [text(`${prefix}fqcn`, error.name)];
  if (!isKey && cause instanceof Error) {
    headers.push(text(`${prefix}cause-fqcn`, cause.name));
  }
  const message = cause instanceof Error ? `${error.message}; ${cause.message}` : error.message;
  headers.push(text(`${prefix}message`, message));
  if (error.stack !== undefined) {
    headers.push(text(`${prefix}stacktrace`, error.stack));
  }
  return headers;
}

function text(key: string, value: string): HeaderInput {
  const bytes = Buffer.from(value);
  return { key, value: bytes.length > longestTextBytes ? bytes.subarray(0, longestTextBytes) : bytes };
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
