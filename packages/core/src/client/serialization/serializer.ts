// Decides what turns keys and values into bytes and back.

/** Bytes, text to be written as UTF-8 straight into the batch, or null (a tombstone, when it is the value). */
export type Serialized = Buffer | Uint8Array | string | null;

export interface Serializer<T> {
  /** May be asynchronous (for example, to ask a schema registry); a synchronous one costs no promise per record. */
  serialize(topic: string, value: T): Serialized | Promise<Serialized>;
}

/** Where the bytes come from. */
export interface DeserializationContext {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly part: 'key' | 'value';
}

export interface Deserializer<T> {
  /** The buffer is a view: copy it if it is kept. Null bytes are not passed here, they are read as null. */
  deserialize(data: Buffer, context: DeserializationContext): T | Promise<T>;
}

export type Serde<T> = Serializer<T> & Deserializer<T>;
