// Decides what a field's options mean in one version: whether it is there, may be null, is compact, is left at its default.
import { zeroUuid } from '../../foundation/uuid.js';
import type { Field, FieldOptions, Fields } from './field.js';
import type { Message } from './message.js';

type AnyOptions = FieldOptions<unknown>;

const emptyBytes = Buffer.alloc(0);

/** The options of any field, whatever its type. */
export function optionsOf(field: Field): AnyOptions {
  return field.options as AnyOptions;
}

/** The fields of any message or struct, in wire order. */
export function fieldsOf(holder: { readonly fields: object }): Fields {
  return holder.fields as Fields;
}

export function isFlexible(message: Message, version: number): boolean {
  return message.flexibleSince !== null && version >= message.flexibleSince;
}

export function isPresent(field: Field, version: number): boolean {
  const { since = 0, until = Infinity } = optionsOf(field);
  return version >= since && version <= until;
}

export function isNullable(field: Field, version: number): boolean {
  return version >= (optionsOf(field).nullableSince ?? Infinity);
}

/**
 * Whether the byte in front of a nullable struct says null: a negative one in the fixed part, zero in a tagged field,
 * where Apache's generator writes every null as a varint 0.
 */
export function isNullMark(field: Field, mark: number): boolean {
  return optionsOf(field).tag === undefined ? mark < 0 : mark === 0;
}

/** The byte that says null in front of a struct (see `isNullMark`). */
export function nullMark(field: Field): number {
  return optionsOf(field).tag === undefined ? -1 : 0;
}

/** Whether lengths are varints, in a message that is flexible or not. */
export function isCompact(field: Field, flexible: boolean): boolean {
  return flexible && optionsOf(field).flexible !== 'never';
}

/** Whether a writer may leave the field out, which its inferred input type says too. */
export function isOptional(field: Field): boolean {
  const options = field.options;
  return 'default' in options || 'tag' in options || 'since' in options || 'until' in options;
}

/** The value of a field that is absent; arrays and structs are new at every call. */
export function defaultOf(field: Field): unknown {
  const options = optionsOf(field);
  if (options.default !== undefined) {
    return options.default;
  }
  switch (field.kind) {
    case 'bool':
      return false;
    case 'string':
      return '';
    case 'uuid':
      return zeroUuid;
    case 'bytes':
      return emptyBytes;
    case 'records':
      return options.nullableSince === undefined ? emptyBytes : null;
    case 'array':
      return [];
    case 'struct':
      return Object.fromEntries(
        Object.entries(fieldsOf(field.struct)).map(([name, inner]) => [name, defaultOf(inner)]),
      );
    default:
      return 0;
  }
}

/** Whether a value equals the default, which is what the absent field would be read as. */
export function isDefault(field: Field, value: unknown): boolean {
  if (value === undefined) {
    return true;
  }
  const absent =
    field.kind === 'array' || field.kind === 'struct' ? optionsOf(field).default : defaultOf(field);
  if (value === null || absent === null) {
    return value === absent;
  }
  switch (field.kind) {
    case 'array':
      return (value as unknown[]).length === 0;
    case 'bytes':
    case 'records':
      return (value as Buffer).length === 0;
    case 'struct':
      return Object.entries(fieldsOf(field.struct)).every(([name, inner]) =>
        isDefault(inner, (value as Record<string, unknown>)[name]),
      );
    default:
      return value === absent;
  }
}
