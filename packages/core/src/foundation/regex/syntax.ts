// Decides the parts that a regular expression is made of, and which characters each stands for.

export type Regex =
  | { readonly kind: 'empty' }
  | { readonly kind: 'characters'; readonly set: CharacterSet }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly parts: readonly Regex[] }
  | { readonly kind: 'alternatives'; readonly parts: readonly Regex[] }
  /** `most` is null when there is no bound. */
  | { readonly kind: 'repeat'; readonly part: Regex; readonly least: number; readonly most: number | null };

export type Assertion =
  'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word-boundary' | 'no-word-boundary';

/** The expression does not follow the syntax of RE2. */
export class RegexSyntaxError extends Error {
  override readonly name = 'RegexSyntaxError';
}

type Range = readonly [first: number, last: number];

/** A set of code points. */
export class CharacterSet {
  readonly #ranges: Range[] = [];
  readonly #others: ((codePoint: number) => boolean)[] = [];
  readonly #ignoresCase: boolean;
  isNegated = false;

  constructor(ignoresCase: boolean) {
    this.#ignoresCase = ignoresCase;
  }

  static of(codePoint: number, ignoresCase: boolean): CharacterSet {
    const set = new CharacterSet(ignoresCase);
    set.addRange(codePoint, codePoint);
    return set;
  }

  addRange(first: number, last: number): void {
    this.#ranges.push([first, last]);
  }

  addWhere(holds: (codePoint: number) => boolean): void {
    this.#others.push(holds);
  }

  has(codePoint: number): boolean {
    return this.#includes(codePoint) !== this.isNegated;
  }

  #includes(codePoint: number): boolean {
    if (this.#includesExactly(codePoint)) return true;
    if (!this.#ignoresCase) return false;
    const character = String.fromCodePoint(codePoint);
    return [character.toLowerCase(), character.toUpperCase()].some((other) => {
      const otherPoint = other.codePointAt(0);
      return (
        otherPoint !== undefined &&
        String.fromCodePoint(otherPoint).length === other.length &&
        this.#includesExactly(otherPoint)
      );
    });
  }

  #includesExactly(codePoint: number): boolean {
    for (const [first, last] of this.#ranges) if (codePoint >= first && codePoint <= last) return true;
    return this.#others.some((holds) => holds(codePoint));
  }
}

const digit: readonly Range[] = [[0x30, 0x39]];
const lower: Range = [0x61, 0x7a];
const upper: Range = [0x41, 0x5a];
const word: readonly Range[] = [...digit, upper, lower, [0x5f, 0x5f]];

/** Perl's classes, over ASCII as RE2 has them; the letter in capitals stands for the rest. */
export const perlClasses: Readonly<Record<string, readonly Range[]>> = {
  d: digit,
  s: [
    [0x09, 0x0a],
    [0x0c, 0x0d],
    [0x20, 0x20],
  ],
  w: word,
};

/** The classes of POSIX, as in `[[:alpha:]]`. */
export const posixClasses: Readonly<Record<string, readonly Range[]>> = {
  alnum: [...digit, upper, lower],
  alpha: [upper, lower],
  ascii: [[0, 0x7f]],
  blank: [
    [0x09, 0x09],
    [0x20, 0x20],
  ],
  cntrl: [
    [0, 0x1f],
    [0x7f, 0x7f],
  ],
  digit,
  graph: [[0x21, 0x7e]],
  lower: [lower],
  print: [[0x20, 0x7e]],
  punct: [
    [0x21, 0x2f],
    [0x3a, 0x40],
    [0x5b, 0x60],
    [0x7b, 0x7e],
  ],
  space: [
    [0x09, 0x0d],
    [0x20, 0x20],
  ],
  upper: [upper],
  word,
  xdigit: [...digit, [0x41, 0x46], [0x61, 0x66]],
};

export function isInRanges(ranges: readonly Range[], codePoint: number): boolean {
  return ranges.some(([first, last]) => codePoint >= first && codePoint <= last);
}

export function isWordCharacter(codePoint: number | undefined): boolean {
  return codePoint !== undefined && isInRanges(word, codePoint);
}
