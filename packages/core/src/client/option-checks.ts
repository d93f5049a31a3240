// Decides how options of the clients are checked, and what is said of one that is wrong.
import { InvalidOptionError } from './errors.js';

export interface NumberBounds {
  readonly min: number;
  readonly max?: number;
}

/** A whole number within bounds, or the default when the option is absent. */
export function integerOption(name: string, value: unknown, fallback: number, bounds: NumberBounds): number {
  if (value === undefined) return fallback;
  const max = bounds.max ?? Number.MAX_SAFE_INTEGER;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < bounds.min || value > max) {
    const upper = bounds.max === undefined ? '' : ` and at most ${bounds.max}`;
    throw new InvalidOptionError(
      name,
      `${name} is ${show(value)}; it has to be a whole number of at least ${bounds.min}${upper}`,
    );
  }
  return value;
}

export function booleanOption(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean')
    throw new InvalidOptionError(name, `${name} is ${show(value)}; it has to be true or false`);
  return value;
}

export function choiceOption<Choice>(
  name: string,
  value: unknown,
  fallback: Choice,
  choices: readonly Choice[],
): Choice {
  if (value === undefined) return fallback;
  const found = choices.find((choice) => choice === value);
  if (found === undefined) {
    throw new InvalidOptionError(
      name,
      `${name} is ${show(value)}; it has to be one of ${choices.map(show).join(', ')}`,
    );
  }
  return found;
}

/** Refuses names that are no options, which are mostly misspelt ones. */
export function knownOptions(client: string, options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const similar = names.find((known) => known.toLowerCase() === name.toLowerCase());
    const hint = similar === undefined ? '' : `; did you mean ${similar}?`;
    throw new InvalidOptionError(name, `${name} is no option of the ${client}${hint}`);
  }
}

export function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  return JSON.stringify(value) ?? String(value);
}
