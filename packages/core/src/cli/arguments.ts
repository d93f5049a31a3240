// Decides how texts of the command line become values, and what is said of one that cannot.
import { InvalidArgumentError } from 'commander';

/** Collects a repeatable option. */
export function each(text: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), text];
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return value;
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return value;
}

/** Partitions one by one, in lists, or in ranges: `0`, `0,3`, `2-5`; may be repeated. */
export function partitionList(text: string, previous: readonly number[] | undefined): number[] {
  const partitions = new Set(previous ?? []);
  for (const part of text.split(',')) {
    const match = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(part.trim());
    if (match === null) throw new InvalidArgumentError('It must be partitions, such as 0 or 0,3 or 2-5.');
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first || last - first > 100_000)
      throw new InvalidArgumentError('The range is empty or too long.');
    for (let partition = first; partition <= last; partition++) partitions.add(partition);
  }
  return [...partitions].sort((first, second) => first - second);
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `10s`, `5m`, `2h`, `7d`, or a number of milliseconds. */
export function durationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
  const value = Math.round(Number(match?.[1]) * (unitsMs[match?.[2] ?? 'ms'] ?? 1));
  if (match === null || value >= 2 ** 31) {
    throw new InvalidArgumentError('It must be a duration, such as 500ms, 10s or 5m.');
  }
  return value;
}

/** Milliseconds since 1970, a date and time in ISO 8601, or a time before now such as `-15m`; null when it is none of them. */
export function timestampMs(text: string, nowMs: number): number | null {
  const ago = /^-(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (ago !== null) return Math.max(0, Math.round(nowMs - Number(ago[1]) * (unitsMs[ago[2] ?? ''] ?? 1)));
  if (/^\d+$/.test(text)) return Number.isSafeInteger(Number(text)) ? Number(text) : null;
  if (!/^\d{4}-\d{2}/.test(text)) return null;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? null : parsed;
}

/** `name=value`; repeatable, the last of a name counts. */
export function namedValue(
  text: string,
  previous: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals <= 0) throw new InvalidArgumentError('It must be name=value.');
  return { ...previous, [text.slice(0, equals)]: text.slice(equals + 1) };
}

const escapes: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, '0': 0, '\\': 92, a: 7, b: 8, e: 27 };

/** Bytes of a text in which `\n`, `\t`, `\r`, `\0`, `\\` and `\xNN` stand for the characters they name in C. */
export function unescaped(text: string): Buffer {
  const parts: Buffer[] = [];
  const pattern = /\\x([0-9a-fA-F]{2})|\\([nrt0\\abe])/g;
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(Buffer.from(text.slice(from, match.index)));
    parts.push(
      Buffer.of(match[1] === undefined ? (escapes[match[2] ?? ''] ?? 0) : Number.parseInt(match[1], 16)),
    );
    from = match.index + match[0].length;
  }
  parts.push(Buffer.from(text.slice(from)));
  return Buffer.concat(parts);
}

/** A delimiter, which has to have at least one byte. */
export function delimiter(text: string): Buffer {
  const bytes = unescaped(text);
  if (bytes.length === 0) throw new InvalidArgumentError('It must not be empty.');
  return bytes;
}

/** Names of client options come as Kafka's with dots, or in camelCase. */
export function camelCase(name: string): string {
  return name.replace(/\.(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

/** Client options from texts: numbers and booleans are what they look like; the client knows which options there are. */
export function clientOptions(
  texts: Readonly<Record<string, string>>,
): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => {
      const value = /^-?\d+$/.test(text)
        ? Number(text)
        : text === 'true'
          ? true
          : text === 'false'
            ? false
            : text;
      return [camelCase(name), value];
    }),
  );
}
