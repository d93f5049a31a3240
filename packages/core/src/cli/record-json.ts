// Decides how a record is written as a line of JSON, and read from one, so that what `consume --json` prints `produce --json` takes.
import { isUtf8 } from 'node:buffer';

import type { HeaderInput, ProducerRecord } from '../client/types.js';
import type { FormattedRecord } from './record-format.js';

/** Text where the bytes are text; else base64 under a name that says so. */
export function bytesField(name: string, bytes: Buffer | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null };
  return isUtf8(bytes) ? { [name]: bytes.toString('utf8') } : { [`${name}Base64`]: bytes.toString('base64') };
}

export interface TypedRecord extends FormattedRecord {
  readonly timestampType: string;
}

export function recordToJson(record: TypedRecord): string {
  const { topic, partition, offset, timestamp, timestampType, key, value } = record;
  const headers = [...record.headers].map((header) => ({
    key: header.key,
    ...bytesField('value', header.value),
  }));
  return JSON.stringify({
    topic,
    partition,
    offset,
    timestamp,
    timestampType,
    ...bytesField('key', key),
    ...bytesField('value', value),
    headers,
  });
}

/** A line that is no record; the message says why. */
export class RecordLineError extends Error {
  override readonly name = 'RecordLineError';
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function base64(name: string, value: unknown): Buffer {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) {
    throw new RecordLineError(`${name} is not base64 text`);
  }
  return Buffer.from(value, 'base64');
}

/** Text as it is, null as null, anything else as its JSON. */
function bytesOf(object: JsonObject, name: string): Buffer | string | null {
  const encoded = object[`${name}Base64`];
  if (encoded !== undefined) {
    if (object[name] !== undefined) throw new RecordLineError(`there are both ${name} and ${name}Base64`);
    return base64(`${name}Base64`, encoded);
  }
  const value = object[name];
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function headersOf(value: unknown): HeaderInput[] {
  if (value === undefined || value === null) return [];
  if (isObject(value)) {
    return Object.keys(value).map((key) => ({ key, value: bytesOf(value, key) }));
  }
  if (!Array.isArray(value)) throw new RecordLineError('headers is neither a list nor an object');
  return value.map((header: unknown) => {
    if (!isObject(header) || typeof header['key'] !== 'string') {
      throw new RecordLineError('a header has no key');
    }
    return { key: header['key'], value: bytesOf(header, 'value') };
  });
}

function wholeNumber(object: JsonObject, name: string): number | undefined {
  const value = object[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new RecordLineError(`${name} is ${JSON.stringify(value)}, not a whole number`);
  }
  return value;
}

/** What a line may set of a record; the command line sets the rest. */
export type RecordFields = Pick<
  ProducerRecord<Buffer | string, Buffer | string>,
  'key' | 'value' | 'partition' | 'timestamp'
> & { readonly headers: HeaderInput[] };

const knownFields: ReadonlySet<string> = new Set([
  'topic',
  'partition',
  'offset',
  'timestamp',
  'timestampType',
  'key',
  'keyBase64',
  'value',
  'valueBase64',
  'headers',
]);

/** Throws RecordLineError. Topic, partition and offset of where a record was read are passed over. */
export function recordFromJson(line: Buffer): RecordFields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line.toString('utf8'));
  } catch (error) {
    throw new RecordLineError(`it is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(parsed)) throw new RecordLineError('it is not a JSON object');
  const unknown = Object.keys(parsed).find((name) => !knownFields.has(name));
  if (unknown !== undefined) throw new RecordLineError(`${JSON.stringify(unknown)} is no field of a record`);
  const timestamp = wholeNumber(parsed, 'timestamp');
  return {
    key: bytesOf(parsed, 'key'),
    value: bytesOf(parsed, 'value'),
    headers: headersOf(parsed['headers']),
    ...(timestamp !== undefined && { timestamp }),
  };
}
