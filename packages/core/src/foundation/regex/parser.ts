// Decides what a regular expression in RE2's syntax means. What RE2 leaves out, look-around and back-references, is refused here too.
import { ClassParser } from './class-parser.js';
import { CharacterSet, RegexSyntaxError, type Assertion, type Regex } from './syntax.js';

/** RE2 takes no larger counts; together with the bound on programs it keeps expressions small. */
const maxRepeat = 1_000;
const maxDepth = 200;

interface Flags {
  ignoresCase: boolean;
  dotMatchesNewline: boolean;
  multipleLines: boolean;
}

/** Throws RegexSyntaxError. */
export function parseRegex(expression: string): Regex {
  return new RegexParser(expression).parse();
}

class RegexParser {
  readonly #text: string[];
  #at = 0;
  #depth = 0;
  #flags: Flags = { ignoresCase: false, dotMatchesNewline: false, multipleLines: false };

  constructor(expression: string) {
    this.#text = Array.from(expression);
  }

  parse(): Regex {
    const regex = this.#alternatives();
    if (this.#at < this.#text.length) throw new RegexSyntaxError('unexpected )');
    return regex;
  }

  get #next(): string | undefined {
    return this.#text[this.#at];
  }

  #take(characters: string): boolean {
    const found = Array.from(characters).every(
      (character, index) => this.#text[this.#at + index] === character,
    );
    if (found) this.#at += characters.length;
    return found;
  }

  #alternatives(): Regex {
    if (++this.#depth > maxDepth) throw new RegexSyntaxError('expression nests too deeply');
    const outerFlags = { ...this.#flags };
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    // Flags set within a group end with it.
    this.#flags = outerFlags;
    this.#depth--;
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'alternatives', parts };
  }

  #sequence(): Regex {
    const parts: Regex[] = [];
    while (this.#next !== undefined && this.#next !== '|' && this.#next !== ')') {
      if (this.#take('\\Q')) this.#quoted(parts);
      else parts.push(this.#repeated(this.#atom()));
    }
    return { kind: 'sequence', parts };
  }

  #quoted(parts: Regex[]): void {
    while (this.#next !== undefined && !this.#take('\\E')) parts.push(this.#literal(this.#advance()));
    const last = parts.pop();
    if (last !== undefined) parts.push(this.#repeated(last));
  }

  #repeated(atom: Regex): Regex {
    const start = this.#at;
    const count = this.#repeatCount();
    if (count === null) return atom;
    const [least, most] = count;
    if (least > maxRepeat || (most ?? 0) > maxRepeat || (most !== null && most < least))
      throw new RegexSyntaxError(`invalid repeat count: ${this.#text.slice(start, this.#at).join('')}`);
    // Whether a match is the shortest is of no matter where only the whole text matches.
    this.#take('?');
    const beforeNext = this.#at;
    if (this.#repeatCount() !== null)
      throw new RegexSyntaxError(
        `invalid nested repetition operator: ${this.#text.slice(start, this.#at).join('')}`,
      );
    this.#at = beforeNext;
    return { kind: 'repeat', part: atom, least, most };
  }

  /** Null when what follows is no repetition; a brace that starts none is a plain character. */
  #repeatCount(): [number, number | null] | null {
    if (this.#take('*')) return [0, null];
    if (this.#take('+')) return [1, null];
    if (this.#take('?')) return [0, 1];
    if (this.#next !== '{') return null;
    const match = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(this.#text.slice(this.#at, this.#at + 21).join(''));
    if (match === null) return null;
    this.#at += match[0].length;
    const least = Number(match[1]);
    if (match[2] === undefined) return [least, least];
    return [least, match[3] === '' ? null : Number(match[3])];
  }

  #atom(): Regex {
    const character = this.#advance();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return { kind: 'characters', set: this.#class().parseBrackets() };
      case '.':
        return this.#dot();
      case '^':
        return assertion(this.#flags.multipleLines ? 'line-start' : 'text-start');
      case '$':
        return assertion(this.#flags.multipleLines ? 'line-end' : 'text-end');
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new RegexSyntaxError(`missing argument to repetition operator: ${character}`);
      default:
        return this.#literal(character);
    }
  }

  #group(): Regex {
    const flagsOutside = { ...this.#flags };
    if (this.#take('?')) {
      const named = /^P?<\w+>/.exec(this.#text.slice(this.#at, this.#at + 100).join(''));
      if (named !== null) this.#at += named[0].length;
      else if (this.#setFlags() === ')') return { kind: 'empty' };
    }
    const regex = this.#alternatives();
    if (!this.#take(')')) throw new RegexSyntaxError('missing closing )');
    this.#flags = flagsOutside;
    return regex;
  }

  /** Reads flags after `(?`: with a colon they hold within this group, else for the rest of the group around it. */
  #setFlags(): ':' | ')' {
    let value = true;
    for (;;) {
      const character = this.#next === undefined ? '' : this.#advance();
      if (character === ':' || character === ')') return character;
      if (character === '-' && value) value = false;
      else if (character === 'i') this.#flags.ignoresCase = value;
      else if (character === 's') this.#flags.dotMatchesNewline = value;
      else if (character === 'm') this.#flags.multipleLines = value;
      else if (character !== 'U') throw new RegexSyntaxError('invalid or unsupported Perl syntax: (?');
    }
  }

  #dot(): Regex {
    const set = new CharacterSet(false);
    if (!this.#flags.dotMatchesNewline) set.addRange(0x0a, 0x0a);
    set.isNegated = true;
    return { kind: 'characters', set };
  }

  #escape(): Regex {
    switch (this.#next) {
      case undefined:
        throw new RegexSyntaxError('trailing backslash at end of expression');
      case 'A':
        this.#at++;
        return assertion('text-start');
      case 'z':
        this.#at++;
        return assertion('text-end');
      case 'b':
        this.#at++;
        return assertion('word-boundary');
      case 'B':
        this.#at++;
        return assertion('no-word-boundary');
      default:
        return { kind: 'characters', set: this.#class().parseEscape() };
    }
  }

  #class(): ClassParser {
    return new ClassParser(this.#text, this.#at, this.#flags.ignoresCase, (at) => (this.#at = at));
  }

  #literal(character: string): Regex {
    return {
      kind: 'characters',
      set: CharacterSet.of(character.codePointAt(0) ?? 0, this.#flags.ignoresCase),
    };
  }

  #advance(): string {
    return this.#text[this.#at++] ?? '';
  }
}

function assertion(what: Assertion): Regex {
  return { kind: 'assertion', assertion: what };
}
