// Decides what turns keys and values into bytes and back.

/** Bytes, text to be written as UTF-8 straight into the batch, or null (a tombstone, when it is the value). */
export type Serialized = Buffer | Uint8Array | string | null;

/** Turns keys or values into bytes; Kafka's `Serializer`. What it throws fails the send with a SerializationError. */
export interface Serializer<T> {
  /** May be asynchronous (for example, to ask a schema registry); a synchronous one costs no promise per record. */
  serialize(topic: string, value: T): Serialized | Promise<Serialized>;
}

/** Where the bytes come from. */
export interface DeserializationContext {
  /** The topic that is read. */
  readonly topic: string;
  /** The partition that is read. */
  readonly partition: number;
  /** The offset of the record. */
  readonly offset: number;
  /** Whether the bytes are the key or the value. */
  readonly part: 'key' | 'value';
}

/** Turns bytes into keys or values; Kafka's `Deserializer`. What it throws becomes a SerializationError. */
export interface Deserializer<T> {
  /** The buffer is a view: copy it if it is kept. Null bytes are not passed here, they are read as null. */
  deserialize(data: Buffer, context: DeserializationContext): T | Promise<T>;
}

/** Both directions; Kafka's `Serde`. */
export type Serde<T> = Serializer<T> & Deserializer<T>;
