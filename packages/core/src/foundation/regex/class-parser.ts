// Decides which characters a class in brackets, or an escape, of a regular expression stands for.
import { CharacterSet, isInRanges, perlClasses, posixClasses, RegexSyntaxError } from './syntax.js';

const simpleEscapes: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };
const maxCodePoint = 0x10ffff;

export class ClassParser {
  readonly #text: readonly string[];
  readonly #ignoresCase: boolean;
  readonly #finished: (at: number) => void;
  #at: number;

  /** `finished` is told where the reading ended. */
  constructor(text: readonly string[], at: number, ignoresCase: boolean, finished: (at: number) => void) {
    this.#text = text;
    this.#at = at;
    this.#ignoresCase = ignoresCase;
    this.#finished = finished;
  }

  /** After an opening bracket. */
  parseBrackets(): CharacterSet {
    const set = new CharacterSet(this.#ignoresCase);
    set.isNegated = this.#take('^');
    for (let isFirst = true; isFirst || this.#text[this.#at] !== ']'; isFirst = false) {
      if (this.#at >= this.#text.length) throw new RegexSyntaxError('missing closing ]');
      if (!this.#posixClass(set) && !this.#escapedClass(set)) this.#range(set);
    }
    this.#finished(this.#at + 1);
    return set;
  }

  /** After a backslash outside brackets. */
  parseEscape(): CharacterSet {
    const set = new CharacterSet(this.#ignoresCase);
    this.#at--;
    if (!this.#escapedClass(set)) {
      this.#at++;
      const codePoint = this.#escapedCharacter();
      set.addRange(codePoint, codePoint);
    }
    this.#finished(this.#at);
    return set;
  }

  #take(characters: string): boolean {
    const found = Array.from(characters).every(
      (character, index) => this.#text[this.#at + index] === character,
    );
    if (found) this.#at += characters.length;
    return found;
  }

  #range(set: CharacterSet): void {
    const first = this.#character();
    const isRange = this.#text[this.#at] === '-' && (this.#text[this.#at + 1] ?? ']') !== ']';
    if (!isRange) {
      set.addRange(first, first);
      return;
    }
    this.#at++;
    const last = this.#character();
    if (last < first) throw new RegexSyntaxError('invalid character class range');
    set.addRange(first, last);
  }

  #character(): number {
    if (this.#take('\\')) return this.#escapedCharacter();
    return this.#text[this.#at++]?.codePointAt(0) ?? 0;
  }

  #posixClass(set: CharacterSet): boolean {
    const match = /^\[:(\^?)(\w+):\]/.exec(this.#text.slice(this.#at, this.#at + 16).join(''));
    if (match === null) return false;
    const ranges = posixClasses[match[2] ?? ''];
    if (ranges === undefined) throw new RegexSyntaxError(`invalid character class range: ${match[0]}`);
    const isNegated = match[1] === '^';
    set.addWhere((codePoint) => isInRanges(ranges, codePoint) !== isNegated);
    this.#at += match[0].length;
    return true;
  }

  /** Reads `\d` and its like, and Unicode's `\pL` and `\p{Greek}`. */
  #escapedClass(set: CharacterSet): boolean {
    if (this.#text[this.#at] !== '\\') return false;
    const letter = this.#text[this.#at + 1] ?? '';
    const ranges = perlClasses[letter.toLowerCase()];
    if (ranges !== undefined) {
      const isNegated = letter !== letter.toLowerCase();
      set.addWhere((codePoint) => isInRanges(ranges, codePoint) !== isNegated);
      this.#at += 2;
      return true;
    }
    if (letter !== 'p' && letter !== 'P') return false;
    const match = /^(?:\{(\^?)(\w+)\}|(\w))/.exec(this.#text.slice(this.#at + 2, this.#at + 50).join(''));
    if (match === null) throw new RegexSyntaxError(`invalid character class range: \\${letter}`);
    const property = unicodeProperty(match[2] ?? match[3] ?? '');
    const isNegated = (letter === 'P') !== (match[1] === '^');
    set.addWhere((codePoint) => property.test(String.fromCodePoint(codePoint)) !== isNegated);
    this.#at += 2 + match[0].length;
    return true;
  }

  /** After a backslash. */
  #escapedCharacter(): number {
    const letter = this.#text[this.#at++];
    if (letter === undefined) throw new RegexSyntaxError('trailing backslash at end of expression');
    const simple = simpleEscapes[letter];
    if (simple !== undefined) return simple;
    if (letter === 'x') return this.#hexadecimal();
    const octal = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(
      [letter, ...this.#text.slice(this.#at, this.#at + 2)].join(''),
    );
    if (octal !== null) {
      this.#at += octal[0].length - 1;
      return Number.parseInt(octal[0], 8);
    }
    if (/^[!-/:-@[-`{-~]$/.test(letter)) return letter.codePointAt(0) ?? 0;
    throw new RegexSyntaxError(`invalid escape sequence: \\${letter}`);
  }

  #hexadecimal(): number {
    const match = /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2}))/.exec(
      this.#text.slice(this.#at, this.#at + 8).join(''),
    );
    const codePoint = Number.parseInt(match?.[1] ?? match?.[2] ?? '', 16);
    if (match === null || codePoint > maxCodePoint)
      throw new RegexSyntaxError('invalid escape sequence: \\x');
    this.#at += match[0].length;
    return codePoint;
  }
}

function unicodeProperty(name: string): RegExp {
  for (const property of [name, `Script=${name}`])
    try {
      return new RegExp(`^\\p{${property}}$`, 'u');
    } catch {
      // Not a property of that kind.
    }
  throw new RegexSyntaxError(`invalid character class range: \\p{${name}}`);
}
