// Decides how what a file holds is printed: a line of names and values, or a line of JSON; and how what is wrong with it is told.
import type { FailureLog } from '../session.js';
import type { Output } from '../output.js';

export type DumpFields = Readonly<Record<string, unknown>>;

export interface DumpOptions {
  readonly json: boolean;
  /** Nothing is printed but what is wrong, and one line for each file. */
  readonly verifyOnly: boolean;
}

/** Bytes as base64, whatever they are in; everything else as JSON has it. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(plain(value));
}

function counted(count: number, one: string, many: string): string {
  return count === 0 ? `no ${many}` : `${count} ${count === 1 ? one : many}`;
}

const flushBytes = 64 * 1024;

/** What was found in one file. */
export class DumpSink {
  problems = 0;
  entries = 0;
  #pending: string[] = [];
  #pendingBytes = 0;

  constructor(
    readonly file: string,
    private readonly output: Output,
    private readonly failures: FailureLog,
    private readonly options: DumpOptions,
  ) {}

  get isClosed(): boolean {
    return this.output.isClosed;
  }

  /** An entry of the file. `indent` marks what belongs to the entry above. */
  entry(kind: string, fields: DumpFields, indent = ''): void {
    this.entries++;
    if (this.options.verifyOnly) return;
    if (this.options.json) {
      this.#add(JSON.stringify({ file: this.file, kind, ...(plain(fields) as DumpFields) }));
      return;
    }
    const pairs = Object.entries(fields).map(([name, value]) => `${name}: ${shown(value)}`);
    this.#add(`${indent}${pairs.join(' ')}`);
  }

  problem(text: string): void {
    this.problems++;
    this.failures.tell(`${this.file}: ${text}`);
  }

  /** Something that could not be checked, which is no fault of the file. */
  note(text: string): void {
    this.failures.note(`${this.file}: ${text}`);
  }

  begin(): void {
    if (!this.options.json && !this.options.verifyOnly) this.#add(`Dumping ${this.file}`);
  }

  /** Resolves at the reader's pace; to be called often. */
  async flush(): Promise<void> {
    if (this.#pendingBytes < flushBytes) return;
    await this.#write();
  }

  async end(): Promise<void> {
    const { file, entries, problems } = this;
    if (this.options.verifyOnly) {
      if (this.options.json) this.#add(JSON.stringify({ file, kind: 'summary', entries, problems }));
      else
        this.#add(
          `${file}: ${counted(entries, 'entry', 'entries')}, ${counted(problems, 'problem', 'problems')}`,
        );
    }
    await this.#write();
  }

  #add(line: string): void {
    this.#pending.push(line);
    this.#pendingBytes += line.length + 1;
  }

  async #write(): Promise<void> {
    if (this.#pending.length === 0) return;
    const text = `${this.#pending.join('\n')}\n`;
    this.#pending = [];
    this.#pendingBytes = 0;
    await this.output.write(text);
  }
}
