// Decides whether a text matches a regular expression as a whole, in time that grows with the length of either and no faster.
//
// Expressions come from clients: JavaScript's own engine backtracks and may take exponential time, so an automaton steps through all
// possibilities at once instead.
import { parseRegex } from './parser.js';
import {
  isWordCharacter,
  RegexSyntaxError,
  type Assertion,
  type CharacterSet,
  type Regex,
} from './syntax.js';

export { RegexSyntaxError } from './syntax.js';

/** Steps are at most the length of the program times that of the text. */
const maxInstructions = 20_000;

type Instruction =
  | { readonly kind: 'characters'; readonly set: CharacterSet }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'split'; other: number }
  | { readonly kind: 'jump'; to: number }
  | { readonly kind: 'match' };

export class LinearRegex {
  readonly #program: Instruction[] = [];

  /** Throws RegexSyntaxError. */
  constructor(expression: string) {
    this.#emitAll(parseRegex(expression));
    this.#emit({ kind: 'match' });
  }

  matches(text: string): boolean {
    const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    const seenAt = new Int32Array(this.#program.length).fill(-1);
    let current: number[] = [];
    this.#follow(0, points, 0, seenAt, current);
    for (let at = 0; at < points.length && current.length > 0; at++) {
      const next: number[] = [];
      for (const index of current) {
        const instruction = this.#program[index];
        if (instruction?.kind === 'characters' && instruction.set.has(points[at] ?? 0))
          this.#follow(index + 1, points, at + 1, seenAt, next);
      }
      current = next;
    }
    return seenAt[this.#program.length - 1] === points.length;
  }

  /** Adds what can be reached without reading a character; each instruction is visited once per position. */
  #follow(start: number, points: readonly number[], at: number, seenAt: Int32Array, reached: number[]): void {
    const open = [start];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (seenAt[index] === at) continue;
      seenAt[index] = at;
      const instruction = this.#program[index];
      switch (instruction?.kind) {
        case 'characters':
          reached.push(index);
          break;
        case 'split':
          open.push(instruction.other, index + 1);
          break;
        case 'jump':
          open.push(instruction.to);
          break;
        case 'assertion':
          if (holds(instruction.assertion, points, at)) open.push(index + 1);
          break;
        default:
      }
    }
  }

  #emit<Kind extends Instruction>(instruction: Kind): Kind {
    if (this.#program.length >= maxInstructions) throw new RegexSyntaxError('expression is too large');
    this.#program.push(instruction);
    return instruction;
  }

  #emitAll(regex: Regex): void {
    switch (regex.kind) {
      case 'empty':
        return;
      case 'characters':
      case 'assertion':
        this.#emit(regex);
        return;
      case 'sequence':
        for (const part of regex.parts) this.#emitAll(part);
        return;
      case 'alternatives':
        this.#emitAlternatives(regex.parts);
        return;
      case 'repeat':
        this.#emitRepeat(regex.part, regex.least, regex.most);
    }
  }

  #emitAlternatives(parts: readonly Regex[]): void {
    const ends: { to: number }[] = [];
    parts.forEach((part, index) => {
      const isLast = index === parts.length - 1;
      const split = isLast ? null : this.#emit({ kind: 'split', other: 0 });
      this.#emitAll(part);
      if (split === null) return;
      ends.push(this.#emit({ kind: 'jump', to: 0 }));
      split.other = this.#program.length;
    });
    for (const end of ends) end.to = this.#program.length;
  }

  #emitRepeat(part: Regex, least: number, most: number | null): void {
    for (let count = 0; count < least; count++) this.#emitAll(part);
    if (most === null) {
      const start = this.#program.length;
      const split = this.#emit({ kind: 'split', other: 0 });
      this.#emitAll(part);
      this.#emit({ kind: 'jump', to: start });
      split.other = this.#program.length;
      return;
    }
    const splits: { other: number }[] = [];
    for (let count = least; count < most; count++) {
      splits.push(this.#emit({ kind: 'split', other: 0 }));
      this.#emitAll(part);
    }
    for (const split of splits) split.other = this.#program.length;
  }
}

const newline = 0x0a;

function holds(assertion: Assertion, points: readonly number[], at: number): boolean {
  switch (assertion) {
    case 'text-start':
      return at === 0;
    case 'text-end':
      return at === points.length;
    case 'line-start':
      return at === 0 || points[at - 1] === newline;
    case 'line-end':
      return at === points.length || points[at] === newline;
    case 'word-boundary':
      return isWordCharacter(points[at - 1]) !== isWordCharacter(points[at]);
    case 'no-word-boundary':
      return isWordCharacter(points[at - 1]) === isWordCharacter(points[at]);
  }
}
