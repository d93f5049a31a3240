// Decides what the tokens of `--format` stand for; they are kcat's.
import type { RecordHeader } from '../client/record-headers.js';
import { unescaped } from './arguments.js';
import { UsageError } from './failures.js';

/** What can be said of a record, read or written. */
export interface FormattedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Iterable<RecordHeader>;
}

export const formatHelp = [
  'Tokens of --format:',
  '  %t topic        %p partition     %o offset       %T timestamp, milliseconds since 1970',
  '  %k key          %s value         %h headers, as name=value,name=value',
  '  %K key length   %S value length  %R value length as 4 bytes, big-endian',
  '  %% a percent sign; \\n \\t \\r \\0 \\xNN as in C. A length is -1 for null.',
].join('\n');

type Piece = (record: FormattedRecord) => Buffer | string;

function headersText(headers: Iterable<RecordHeader>): Buffer {
  const parts: Buffer[] = [];
  for (const { key, value } of headers) {
    if (parts.length > 0) parts.push(Buffer.from(','));
    parts.push(Buffer.from(`${key}=`), value ?? Buffer.from('NULL'));
  }
  return Buffer.concat(parts);
}

function binaryLength(bytes: Buffer | null): Buffer {
  const length = Buffer.allocUnsafe(4);
  length.writeInt32BE(bytes?.length ?? -1);
  return length;
}

function pieceOf(token: string, nullText: Buffer): Piece {
  switch (token) {
    case 't':
      return (record) => record.topic;
    case 'p':
      return (record) => String(record.partition);
    case 'o':
      return (record) => String(record.offset);
    case 'T':
      return (record) => String(record.timestamp);
    case 'k':
      return (record) => record.key ?? nullText;
    case 's':
      return (record) => record.value ?? nullText;
    case 'K':
      return (record) => String(record.key?.length ?? -1);
    case 'S':
      return (record) => String(record.value?.length ?? -1);
    case 'R':
      return (record) => binaryLength(record.value);
    case 'h':
      return (record) => headersText(record.headers);
    case '%':
      return () => '%';
    default:
      throw new UsageError(`--format has an unknown token %${token}; write %% for a percent sign`);
  }
}

/** A format made ready once; records then cost a few concatenations each. */
export class RecordFormat {
  readonly #pieces: readonly Piece[];

  /** `nullText` is what stands for a key or value that is null. */
  constructor(format: string, nullText: Buffer = Buffer.alloc(0)) {
    const pieces: Piece[] = [];
    let from = 0;
    const literal = (to: number): void => {
      if (to === from) return;
      const bytes = unescaped(format.slice(from, to));
      pieces.push(() => bytes);
    };
    for (let at = format.indexOf('%'); at >= 0; at = format.indexOf('%', from)) {
      literal(at);
      pieces.push(pieceOf(format.charAt(at + 1), nullText));
      from = at + 2;
    }
    literal(format.length);
    this.#pieces = pieces;
  }

  /** Adds the text of a record to `target`. */
  append(target: Buffer[], record: FormattedRecord): void {
    for (const piece of this.#pieces) {
      const part = piece(record);
      target.push(typeof part === 'string' ? Buffer.from(part) : part);
    }
  }
}
