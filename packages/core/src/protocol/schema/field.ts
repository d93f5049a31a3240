// Decides how one field of a Kafka message is described: its wire type, the versions that carry it, and its default.

/** What every field may say of itself; versions are inclusive. */
export interface FieldOptions<Value> {
  /** First version that carries the field. Absent: the first version of the message. */
  readonly since?: number;
  /** Last version that carries the field. Absent: the last version of the message. */
  readonly until?: number;
  /** First version in which the field may be null. Absent: never null. */
  readonly nullableSince?: number;
  /** Tag number of a tagged field (KIP-482). Absent: the field lies in the fixed part. */
  readonly tag?: number;
  /** Value where the field is absent. Absent: zero, false, '', an empty array, empty bytes, a struct of defaults; null for records. */
  readonly default?: Value | null;
  /** Whether a value other than the default may be dropped silently in a version without the field. */
  readonly ignorable?: true;
  /** The field keeps its old encoding in flexible versions (only the client id of the request header). */
  readonly flexible?: 'never';
}

/** The wire type of every field that is neither an array nor a struct, with the TypeScript type it is read as. */
export interface ScalarTypes {
  bool: boolean;
  int8: number;
  int16: number;
  uint16: number;
  int32: number;
  uint32: number;
  int64: number;
  float64: number;
  string: string;
  uuid: string;
  bytes: Buffer;
  records: Buffer;
}

export type ScalarKind = keyof ScalarTypes;

export interface ScalarField<
  Kind extends ScalarKind = ScalarKind,
  Options = FieldOptions<ScalarTypes[Kind]>,
> {
  readonly kind: Kind;
  readonly options: Options;
}

export interface ArrayField<Element = unknown, Options = FieldOptions<never[]>> {
  readonly kind: 'array';
  readonly element: Element;
  readonly options: Options;
}

/** A struct's fields in wire order. */
export interface Struct<Fields = object> {
  /** Apache's name of the struct. */
  readonly name: string;
  readonly fields: Fields;
}

export interface StructField<Fields = object, Options = FieldOptions<object>> {
  readonly kind: 'struct';
  readonly struct: Struct<Fields>;
  readonly options: Options;
}

/** Any field, as the codecs walk it. */
export type Field = ScalarField | ArrayField<Field> | StructField;

/** Fields by name; the order of the properties is the order on the wire. */
export type Fields = Readonly<Record<string, Field>>;

function scalar<Kind extends ScalarKind>(kind: Kind) {
  return <const Options extends FieldOptions<ScalarTypes[Kind]> = object>(
    options?: Options,
  ): ScalarField<Kind, Options> => ({ kind, options: options ?? ({} as Options) });
}

export const bool = scalar('bool');
export const int8 = scalar('int8');
export const int16 = scalar('int16');
export const uint16 = scalar('uint16');
export const int32 = scalar('int32');
export const uint32 = scalar('uint32');
/** A 64-bit integer, read as a number; one outside the safe range is refused, but for 2^63-1, which is read as 2 ** 63. */
export const int64 = scalar('int64');
export const float64 = scalar('float64');
export const string = scalar('string');
/** A UUID in Kafka's own text form: 22 characters of unpadded base64url. */
export const uuid = scalar('uuid');
export const bytes = scalar('bytes');
/** Record batches, kept as a view. */
export const records = scalar('records');

/** Names the fields of a struct that a field or an array holds. */
export function struct<const Shape extends Fields>(name: string, fields: Shape): Struct<Shape> {
  return { name, fields };
}

/** An array of scalars or of structs. */
export function array<
  const Element extends ScalarField | Struct,
  const Options extends FieldOptions<never[]> = object,
>(element: Element, options?: Options): ArrayField<ElementField<Element>, Options> {
  const field = 'kind' in element ? element : { kind: 'struct', struct: element, options: {} };
  return { kind: 'array', element: field as ElementField<Element>, options: options ?? ({} as Options) };
}

/** A field that holds one struct. */
export function structField<const Shape, const Options extends FieldOptions<object> = object>(
  shape: Struct<Shape>,
  options?: Options,
): StructField<Shape, Options> {
  return { kind: 'struct', struct: shape, options: options ?? ({} as Options) };
}

type ElementField<Element> = Element extends ScalarField
  ? Element
  : Element extends Struct<infer Shape>
    ? StructField<Shape, object>
    : never;

type Nullable<Value, Options> = Options extends { readonly nullableSince: number } ? Value | null : Value;

/** The TypeScript type that a field is read as. */
export type ValueOf<F> =
  F extends ScalarField<infer Kind, infer Options>
    ? Nullable<ScalarTypes[Kind], Options>
    : F extends ArrayField<infer Element, infer Options>
      ? Nullable<ValueOf<Element>[], Options>
      : F extends StructField<infer Shape, infer Options>
        ? Nullable<ShapeOf<Shape>, Options>
        : never;

/** The object that a struct or a message is read as: every field is there in every version. */
export type ShapeOf<Shape> = { -readonly [Name in keyof Shape]: ValueOf<Shape[Name]> };

type Optional =
  | { readonly default: unknown }
  | { readonly tag: number }
  | { readonly since: number }
  | { readonly until: number };

type OptionalNames<Shape> = {
  [Name in keyof Shape]: Shape[Name] extends { readonly options: Optional } ? Name : never;
}[keyof Shape];

/** What may be given to write a field. */
export type InputValueOf<F> =
  F extends ScalarField<infer Kind, infer Options>
    ? Nullable<ScalarTypes[Kind], Options>
    : F extends ArrayField<infer Element, infer Options>
      ? Nullable<readonly InputValueOf<Element>[], Options>
      : F extends StructField<infer Shape, infer Options>
        ? Nullable<InputOf<Shape>, Options>
        : never;

/** What may be given to write a struct or a message: fields that some version lacks, or that name a default, may be left out. */
export type InputOf<Shape> = {
  readonly [Name in Exclude<keyof Shape, OptionalNames<Shape>>]: InputValueOf<Shape[Name]>;
} & {
  readonly [Name in OptionalNames<Shape>]?: InputValueOf<Shape[Name]> | undefined;
};
