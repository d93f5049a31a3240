// Decides what a configuration of Kafka is: its name, its type, its default, and which texts are values of it.

/** Kafka's config types with their codes in DescribeConfigs. */
export const configTypeCodes = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
} as const;
export type ConfigType = keyof typeof configTypeCodes;

/** Kafka's config sources with their codes in DescribeConfigs. */
export const configSourceCodes = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
  group: 8,
} as const;
export type ConfigSource = keyof typeof configSourceCodes;

/** One place that gives a config a value. */
export interface ConfigSynonym {
  readonly name: string;
  readonly value: unknown;
  readonly source: ConfigSource;
}

export interface EffectiveConfig {
  readonly name: string;
  readonly value: unknown;
  readonly source: ConfigSource;
  /** All that would decide, the first of which does (K24). */
  readonly synonyms: readonly ConfigSynonym[];
}

export interface ConfigDefinition<Value> {
  readonly type: ConfigType;
  /** Null where Kafka has none and another config decides. */
  readonly defaultValue: Value;
  readonly documentation: string;
  /** Reads a text; `problem` tells in one phrase what would be right. */
  parse(text: string): { readonly value: Exclude<Value, null> } | { readonly problem: string };
}

/** How a value is written in Kafka's property files. */
export function configText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.join(',');
  // 2^63-1 is kept as 2 ** 63, the nearest number.
  if (value === 2 ** 63) return '9223372036854775807';
  // Java writes an exponent as E308.
  if (typeof value === 'number') return String(value).replace(/e\+?/, 'E');
  return String(value as string | boolean);
}

interface Range {
  readonly min?: number;
  readonly max?: number;
  /** A number between the two that is none of the values all the same. */
  readonly except?: number;
}

const limits = {
  int: { min: -(2 ** 31), max: 2 ** 31 - 1 },
  short: { min: -(2 ** 15), max: 2 ** 15 - 1 },
  long: { min: -(2 ** 63), max: 2 ** 63 },
  double: { min: -Infinity, max: Infinity },
} as const;

function numeric<Default extends number | null>(
  type: 'int' | 'short' | 'long' | 'double',
  defaultValue: Default,
  range: Range,
  documentation: string,
): ConfigDefinition<number | Extract<Default, null>> {
  const min = range.min ?? limits[type].min;
  const max = range.max ?? limits[type].max;
  const pattern = type === 'double' ? /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/ : /^[+-]?\d+$/;
  const kind = type === 'double' ? 'a number' : 'an integer';
  return {
    type,
    defaultValue: defaultValue as number | Extract<Default, null>,
    documentation,
    parse(text) {
      const trimmed = text.trim();
      const value = Number(trimmed);
      if (!pattern.test(trimmed) || value < min || value > max || value === range.except) {
        const except = range.except === undefined ? '' : ` but for ${range.except}`;
        return { problem: `it must be ${kind} from ${configText(min)} to ${configText(max)}${except}` };
      }
      return { value } as { value: Exclude<number | Extract<Default, null>, null> };
    },
  };
}

export const int = <Default extends number | null>(value: Default, range: Range, documentation: string) =>
  numeric('int', value, range, documentation);
export const short = <Default extends number | null>(value: Default, range: Range, documentation: string) =>
  numeric('short', value, range, documentation);
export const long = <Default extends number | null>(value: Default, range: Range, documentation: string) =>
  numeric('long', value, range, documentation);
export const double = <Default extends number | null>(value: Default, range: Range, documentation: string) =>
  numeric('double', value, range, documentation);

export function boolean(defaultValue: boolean, documentation: string): ConfigDefinition<boolean> {
  return {
    type: 'boolean',
    defaultValue,
    documentation,
    parse(text) {
      const lower = text.trim().toLowerCase();
      if (lower === 'true' || lower === 'false') return { value: lower === 'true' };
      return { problem: 'it must be true or false' };
    },
  };
}

export function oneOf<const Values extends readonly string[]>(
  values: Values,
  defaultValue: Values[number],
  documentation: string,
): ConfigDefinition<Values[number]> {
  return {
    type: 'string',
    defaultValue,
    documentation,
    parse(text) {
      const value = values.find((candidate) => candidate === text.trim());
      return value === undefined ? { problem: `it must be one of ${values.join(', ')}` } : { value };
    },
  };
}

export function string<Default extends string | null>(
  defaultValue: Default,
  documentation: string,
): ConfigDefinition<string | Extract<Default, null>> {
  return {
    type: 'string',
    defaultValue: defaultValue as string | Extract<Default, null>,
    documentation,
    parse: (text) => ({ value: text as Exclude<string | Extract<Default, null>, null> }),
  };
}

/** A list of words; `allowed` are the words or their form, null allows any. */
export function list(
  defaultValue: readonly string[],
  allowed: readonly string[] | RegExp | null,
  documentation: string,
): ConfigDefinition<readonly string[]> {
  return {
    type: 'list',
    defaultValue,
    documentation,
    parse(text) {
      const value = text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== '');
      if (allowed === null) return { value };
      const isAllowed = (word: string): boolean =>
        allowed instanceof RegExp ? allowed.test(word) : allowed.includes(word);
      const wrong = value.find((word) => !isAllowed(word));
      if (wrong === undefined) return { value };
      const form =
        allowed instanceof RegExp ? `of the form ${allowed.source}` : `one of ${allowed.join(', ')}`;
      return { problem: `"${wrong}" must be ${form}` };
    },
  };
}

/** The type of the value that a definition reads. */
export type ConfigValue<Definition> = Definition extends ConfigDefinition<infer Value> ? Value : never;

/** `num.partitions` as `numPartitions`. */
export type CamelCase<Name extends string> = Name extends `${infer Head}.${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** A table of definitions as an object with Kafka's names in camelCase. */
export type ConfigsOf<Table> = {
  readonly [Name in keyof Table as CamelCase<Name & string>]: ConfigValue<Table[Name]>;
};

export function camelCase(name: string): string {
  return name.replace(/\.(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
