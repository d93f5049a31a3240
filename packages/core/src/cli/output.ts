// Decides how results leave the command: lines, JSON lines and tables on stdout, at the reader's pace, and silence once nobody reads.
import type { Writable } from 'node:stream';

export type Cell = string | number | boolean | null;

/** Columns apart by two spaces and nothing else, so that `awk` and eyes can read it. */
const plainTable = {
  chars: {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
  },
  style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
};

function shown(cell: Cell): string {
  return cell === null ? '-' : String(cell);
}

export class Output {
  /** True once the reader has gone, as `head` does: what is written from then on goes nowhere. */
  isClosed = false;
  #onClosed: (() => void) | null = null;
  #failure: Error | null = null;

  constructor(private readonly stream: Writable) {
    stream.on('error', this.#handleError);
    stream.on('close', this.#handleClose);
  }

  /** Calls `listener` when the reader goes, at once when it has gone. */
  set onClosed(listener: () => void) {
    this.#onClosed = listener;
    if (this.isClosed) listener();
  }

  /** Resolves when the stream takes more; throws what went wrong with it, other than that nobody reads. */
  async write(chunk: Buffer | string): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (this.isClosed || chunk.length === 0 || this.stream.write(chunk)) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        this.stream.off('drain', settle);
        this.stream.off('close', settle);
        this.stream.off('error', settle);
        resolve();
      };
      this.stream.on('drain', settle);
      this.stream.on('close', settle);
      this.stream.on('error', settle);
    });
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** One line of JSON. */
  json(value: unknown): Promise<void> {
    return this.line(JSON.stringify(value));
  }

  /** JSON lines, or a table with a header. */
  async rows<Column extends string>(
    columns: readonly Column[],
    rows: readonly Readonly<Record<Column, Cell>>[],
  ): Promise<void> {
    const { default: Table } = await import('cli-table3');
    const table = new Table({
      ...plainTable,
      head: columns.map((column) => column.replace(/([a-z])([A-Z])/g, '$1-$2').toUpperCase()),
      colAligns: columns.map((column) =>
        rows.some((row) => typeof row[column] === 'number') ? 'right' : 'left',
      ),
    });
    for (const row of rows) table.push(columns.map((column) => ({ content: shown(row[column]) })));
    const lines = table.toString().split('\n');
    await this.write(`${lines.map((line) => line.trimEnd()).join('\n')}\n`);
  }

  /** Resolves when what was written has left the process. */
  async end(): Promise<void> {
    if (!this.isClosed) await new Promise<void>((resolve) => this.stream.write('', () => resolve()));
    this.stream.off('error', this.#handleError);
    this.stream.off('close', this.#handleClose);
    // What the reader does from now on is of no interest, but must not end the process with a stack.
    this.stream.on('error', () => undefined);
    if (this.#failure !== null) throw this.#failure;
  }

  readonly #handleError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') this.#failure = error;
    this.#handleClose();
  };

  readonly #handleClose = (): void => {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#onClosed?.();
  };
}
