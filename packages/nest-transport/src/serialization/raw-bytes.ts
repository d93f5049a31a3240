// Decides how bytes that are serialized already pass a serializer that takes something else.
import type { Serializer } from '@ottla/core';

/** A key or value that goes to the broker as it is; a dead letter is what came, whatever the application's serializers make. */
export class RawBytes {
  constructor(readonly bytes: Buffer) {}
}

/** The serializer, with raw bytes let through. */
export function passingRawBytes(serializer: Serializer<unknown>): Serializer<unknown> {
  return {
    serialize: (topic, value) =>
      value instanceof RawBytes ? value.bytes : serializer.serialize(topic, value),
  };
}
