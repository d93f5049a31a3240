// Decides how many bytes a field takes at least, and exactly where its type alone decides it.
import type { Field, Fields } from '../schema/field.js';
import { fieldsOf, isCompact, isNullable, isPresent, optionsOf } from '../schema/field-rules.js';

/** A version of a message, as far as sizes depend on it. */
export interface WireVersion {
  readonly version: number;
  readonly flexible: boolean;
}

const scalarSizes: Partial<Record<Field['kind'], number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
};

/** Bytes of a scalar that has the same size whatever its value, or null. */
export function scalarSize(field: Field): number | null {
  return scalarSizes[field.kind] ?? null;
}

/** Bytes of a field that has the same size whatever its value, or null. */
export function constantSize(field: Field, version: WireVersion): number | null {
  if (field.kind !== 'struct') {
    return scalarSize(field);
  }
  if (isNullable(field, version.version)) {
    return null;
  }
  let size = version.flexible ? 1 : 0;
  for (const inner of presentFields(fieldsOf(field.struct), version)) {
    const innerSize = optionsOf(inner).tag === undefined ? constantSize(inner, version) : null;
    if (innerSize === null) {
      return null;
    }
    size += innerSize;
  }
  return size;
}

/** The fewest bytes that a field in the fixed part can take. */
export function leastSize(field: Field, version: WireVersion): number {
  const compact = isCompact(field, version.flexible);
  switch (field.kind) {
    case 'string':
      return compact ? 1 : 2;
    case 'bytes':
    case 'records':
    case 'array':
      return compact ? 1 : 4;
    case 'struct':
      return isNullable(field, version.version) ? 1 : leastStructSize(fieldsOf(field.struct), version);
    default:
      return scalarSize(field) ?? 0;
  }
}

function leastStructSize(fields: Fields, version: WireVersion): number {
  return presentFields(fields, version)
    .filter((field) => optionsOf(field).tag === undefined)
    .reduce((size, field) => size + leastSize(field, version), version.flexible ? 1 : 0);
}

function presentFields(fields: Fields, version: WireVersion): Field[] {
  return Object.values(fields).filter((field) => isPresent(field, version.version));
}
