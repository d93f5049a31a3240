// Decides random values of a message in one version, what they are to be read as, and how to spoil them.
import * as fc from 'fast-check';

import type { Field, Fields } from '../../../src/protocol/schema/field.js';
import {
  defaultOf,
  fieldsOf,
  isNullable,
  isPresent,
  optionsOf,
} from '../../../src/protocol/schema/field-rules.js';
import type { Message } from '../../../src/protocol/schema/message.js';

type Values = Record<string, unknown>;

const texts = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 30 }) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ minLength: 120, maxLength: 400 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'a'.repeat(42), 'é'.repeat(42), '漢'.repeat(43), 'b'.repeat(32767)),
  },
);

const buffers = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.integer({ min: 4000, max: 70_000 }).map((size) => Buffer.alloc(size, size)) },
);

const uuids = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'));

function integers(min: number, max: number): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max, 0));
}

function contentFor(field: Field, version: number): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'bool':
      return fc.boolean();
    case 'int8':
      return integers(-0x80, 0x7f);
    case 'int16':
      return integers(-0x8000, 0x7fff);
    case 'uint16':
      return integers(0, 0xffff);
    case 'int32':
      return integers(-0x80000000, 0x7fffffff);
    case 'uint32':
      return integers(0, 0xffffffff);
    case 'int64':
      return fc.oneof(
        fc.maxSafeInteger(),
        fc.constantFrom(
          0,
          -1,
          2 ** 63,
          2 ** 53 - 1,
          1 - 2 ** 53,
          2 ** 32,
          -(2 ** 32),
          2 ** 31,
          -(2 ** 31) - 1,
        ),
      );
    case 'float64':
      return fc.double();
    case 'string':
      return texts;
    case 'uuid':
      return fc.oneof(uuids, fc.constant('AAAAAAAAAAAAAAAAAAAAAA'));
    case 'bytes':
    case 'records':
      return buffers;
    case 'array':
      return fc.array(contentFor(field.element, version), { maxLength: 3 });
    case 'struct':
      return fieldsFor(fieldsOf(field.struct), version);
  }
}

/** A field that the version has: any value, its default, or left out where that is allowed. */
function presentFor(field: Field, version: number): fc.Arbitrary<unknown> {
  const options = optionsOf(field);
  const content = contentFor(field, version);
  const nullable = isNullable(field, version) ? fc.option(content, { nil: null, freq: 4 }) : content;
  const leavesOut = ['default', 'tag', 'since', 'until'].some((name) => name in options);
  return leavesOut
    ? fc.oneof({ weight: 5, arbitrary: nullable }, { weight: 1, arbitrary: fc.constant(undefined) })
    : nullable;
}

/** A field that the version lacks: its default, nothing, or anything at all where it may be ignored. */
function absentFor(field: Field, version: number): fc.Arbitrary<unknown> {
  const silent = fc.constantFrom(undefined, defaultOf(field));
  return optionsOf(field).ignorable === true ? fc.oneof(silent, contentFor(field, version)) : silent;
}

function fieldsFor(fields: Fields, version: number): fc.Arbitrary<Values> {
  return fc.record(
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [
        name,
        isPresent(field, version) ? presentFor(field, version) : absentFor(field, version),
      ]),
    ),
    { noNullPrototype: true },
  );
}

/** Values that can be written in that version. */
export function valuesFor(message: Message, version: number): fc.Arbitrary<Values> {
  return fieldsFor(fieldsOf(message), version);
}

/** What a value is read as after it was written: every field is there, those that the version lacks hold their defaults. */
export function readBack(fields: Fields, version: number, value: Values): Values {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const given = isPresent(field, version) ? value[name] : undefined;
      return [name, contentReadBack(field, version, given === undefined ? defaultOf(field) : given)];
    }),
  );
}

function contentReadBack(field: Field, version: number, value: unknown): unknown {
  if (value === null) {
    return null;
  }
  if (field.kind === 'array') {
    return (value as unknown[]).map((element) => contentReadBack(field.element, version, element));
  }
  return field.kind === 'struct' ? readBack(fieldsOf(field.struct), version, value as Values) : value;
}

const wrongValues: readonly unknown[] = [
  null,
  undefined,
  Number.NaN,
  1.5,
  -1,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  1e300,
  true,
  '',
  'text',
  'x'.repeat(32768),
  '漢'.repeat(11000),
  7n,
  Symbol('wrong'),
  [],
  [null],
  [undefined],
  {},
  Buffer.from('bytes'),
  new Uint8Array(3),
];

/** The same value with something that may not belong where it is now. */
export function spoiled(values: fc.Arbitrary<Values>): fc.Arbitrary<unknown> {
  return fc.tuple(values, fc.nat(), fc.constantFrom(...wrongValues)).map(([value, place, wrong]) => {
    const copy = structuredCopy(value) as Values;
    const places = placesOf(copy);
    const [holder, key] = places[place % places.length] ?? [copy, 'none'];
    holder[key] = wrong;
    return copy;
  });
}

function structuredCopy(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(structuredCopy);
  }
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, structuredCopy(each)]));
}

function placesOf(value: unknown): [holder: Values, key: string][] {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) {
    return [];
  }
  return Object.keys(value).flatMap((key) => [
    [value as Values, key] as [Values, string],
    ...placesOf((value as Values)[key]),
  ]);
}

/** A change to bytes: cut, overwrite, insert. */
export type Damage = (bytes: Buffer) => Buffer;

const place = fc.double({ min: 0, max: 1, noNaN: true });

/** Ways to damage bytes; lengths and counts are what they like most to hit. */
export const damages: fc.Arbitrary<Damage> = fc.oneof(
  place.map(
    (at): Damage =>
      (bytes) =>
        bytes.subarray(0, Math.floor(at * bytes.length)),
  ),
  fc
    .tuple(
      place,
      fc.constantFrom(
        '00',
        '01',
        '7f',
        '80',
        'ff',
        'ffff',
        '7fffffff',
        'ffffffff',
        'ffffffff0f',
        'ffffffff07',
      ),
    )
    .map(([at, hex]): Damage => (bytes) => {
      const copy = Buffer.from(bytes);
      copy.write(hex, Math.floor(at * bytes.length), 'hex');
      return copy;
    }),
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 6 })).map(([at, extra]): Damage => (bytes) => {
    const cut = Math.floor(at * bytes.length);
    return Buffer.concat([bytes.subarray(0, cut), extra, bytes.subarray(cut)]);
  }),
);
