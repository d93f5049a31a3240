// Decides which JavaScript values a scalar field can hold.
import { isUuid } from '../../foundation/uuid.js';
import type { ScalarKind } from '../schema/field.js';

const integerRanges: Partial<Record<ScalarKind, readonly [lowest: number, highest: number]>> = {
  int8: [-0x80, 0x7f],
  int16: [-0x8000, 0x7fff],
  uint16: [0, 0xffff],
  int32: [-0x80000000, 0x7fffffff],
  uint32: [0, 0xffffffff],
};

/** What is wrong with a value that is not null, or null when it is fine. */
export function scalarFault(kind: ScalarKind, value: unknown): string | null {
  if (value === undefined) {
    return 'a value is missing';
  }
  switch (kind) {
    case 'bool':
      return typeof value === 'boolean' ? null : needed('true or false', value);
    case 'string':
      return typeof value === 'string' ? null : needed('a string', value);
    case 'uuid':
      return typeof value === 'string' && isUuid(value)
        ? null
        : needed('a UUID of 22 base64url characters', value);
    case 'bytes':
    case 'records':
      return Buffer.isBuffer(value) ? null : needed('a Buffer', value);
    case 'float64':
      return typeof value === 'number' ? null : needed('a number', value);
    case 'int64':
      return Number.isSafeInteger(value) || value === 2 ** 63 ? null : needed('a safe integer', value);
    default: {
      const [lowest, highest] = integerRanges[kind] ?? [0, 0];
      const fits = Number.isInteger(value) && (value as number) >= lowest && (value as number) <= highest;
      return fits ? null : needed(`an integer from ${lowest} to ${highest}`, value);
    }
  }
}

function needed(what: string, value: unknown): string {
  const shown = typeof value === 'number' || typeof value === 'boolean' ? String(value) : `a ${typeof value}`;
  return `${what} is needed, not ${shown}`;
}
