// Decides how the source of an emitted codec is put together: lines, names, and the values it closes over.

/** A piece of source that grows line by line. */
export class EmittedSource {
  readonly #lines: string[] = [];
  readonly #constants = new Map<string, unknown>();
  #depth = 1;
  #names = 0;

  line(text: string): void {
    this.#lines.push('  '.repeat(this.#depth) + text);
  }

  /** `head {`, what `body` emits, `}`; the head may be empty. */
  block(head: string, body: () => void): void {
    this.line(`${head} {`.trimStart());
    this.#depth++;
    body();
    this.#depth--;
    this.line('}');
  }

  /** A name that nothing else in the source has. */
  name(prefix: string): string {
    return `${prefix}${++this.#names}`;
  }

  /** The name of a value from outside. */
  constant(value: unknown): string {
    for (const [name, known] of this.#constants) {
      if (known === value) {
        return name;
      }
    }
    const name = `constant${this.#constants.size}`;
    this.#constants.set(name, value);
    return name;
  }

  /** The text of the whole function, for people and for `compile`. */
  text(head: string): string {
    return `'use strict';\nreturn ${head} {\n${this.#lines.join('\n')}\n};`;
  }

  /** Makes the function. `outside` are more values that the source names. */
  compile(head: string, outside: Readonly<Record<string, unknown>>): unknown {
    const closure = { ...outside, ...Object.fromEntries(this.#constants) };
    // oxlint-disable-next-line typescript/no-implied-eval -- the source comes from schemas, never from input
    const make = new Function(...Object.keys(closure), this.text(head)) as (...values: unknown[]) => unknown;
    return make(...Object.values(closure));
  }
}

let allowed: boolean | null = null;

/** Whether this process may compile source (`--disallow-code-generation-from-strings` forbids it). */
export function canGenerateCode(): boolean {
  if (allowed === null) {
    try {
      // oxlint-disable-next-line typescript/no-implied-eval -- a probe without content
      allowed = new Function('return true')() as boolean;
    } catch {
      allowed = false;
    }
  }
  return allowed;
}

/** What emitted code throws when something is not as it should be; the interpreter then finds the words for it. */
export const emittedFault = new Error('the emitted codec met something it does not take');
