// Decides how keys and values become bytes and back when the application does not say: keys are text, values JSON.
import { deserializers, serializers, type Deserializer, type Serializer } from '@ottla/core';

/** Text as UTF-8; bytes as they are; numbers, booleans and bigints in their text form. */
export const defaultKeySerializer: Serializer<unknown> = {
  serialize(topic, key) {
    switch (typeof key) {
      case 'number':
      case 'bigint':
      case 'boolean':
        return String(key);
      default:
        return key instanceof Uint8Array ? key : serializers.string.serialize(topic, key as string);
    }
  },
};

/** JSON, for text too; bytes as they are. */
export const defaultValueSerializer: Serializer<unknown> = {
  serialize: (topic, value) =>
    value instanceof Uint8Array ? value : serializers.json.serialize(topic, value),
};

export const defaultKeyDeserializer: Deserializer<unknown> = deserializers.string;

export const defaultValueDeserializer: Deserializer<unknown> = deserializers.json;
