// Decides what a whole message is: a schema value whose TypeScript types are inferred from it.
import type { Fields, InputOf, ShapeOf } from './field.js';

/** `data` messages are record keys and values and embedded payloads: they have no API key. */
export type MessageType = 'request' | 'response' | 'header' | 'data';

/** A message in Apache's terms: name, versions, and fields in wire order. */
export interface Message<Shape = object> {
  /** Apache's name, for example `ProduceRequest`. */
  readonly name: string;
  readonly type: MessageType;
  /** Null for headers and data. */
  readonly apiKey: number | null;
  /** First and last version, inclusive. */
  readonly versions: readonly [first: number, last: number];
  /** First flexible version (KIP-482), or null when none is. */
  readonly flexibleSince: number | null;
  readonly fields: Shape;
}

interface MessageOptions<Shape> {
  readonly name: string;
  readonly type: MessageType;
  readonly apiKey?: number;
  readonly versions: readonly [first: number, last: number];
  readonly flexibleSince: number | null;
  readonly fields: Shape;
}

/** Describes a message. The order of `fields` is the order on the wire. */
export function message<const Shape extends Fields>(options: MessageOptions<Shape>): Message<Shape> {
  return {
    name: options.name,
    type: options.type,
    apiKey: options.apiKey ?? null,
    versions: options.versions,
    flexibleSince: options.flexibleSince,
    fields: options.fields,
  };
}

/** The object that a message is read as: one shape for all versions, absent fields hold their defaults. */
export type MessageOf<M> = M extends Message<infer Shape> ? ShapeOf<Shape> : never;

/** The object that may be given to write a message. */
export type MessageInputOf<M> = M extends Message<infer Shape> ? InputOf<Shape> : never;
