// Decides how a coordinator's records become keys and values in its log, and back.

export interface EncodedRecord {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

export type DecodedRecord<CoordinatorRecord> =
  | { readonly kind: 'record'; readonly record: CoordinatorRecord }
  /** A type or version of another time or feature: it is passed over. */
  | { readonly kind: 'unknown'; readonly what: string };

export interface CoordinatorSerde<CoordinatorRecord> {
  encode(record: CoordinatorRecord): EncodedRecord;
  /** Throws when the bytes are damaged. The result must not keep views of the buffers. */
  decode(key: Buffer, value: Buffer | null): DecodedRecord<CoordinatorRecord>;
}
