// Decides how the headers of a record are held: in order, names may repeat.

/** One header of a record that was read. */
export interface RecordHeader {
  /** Its name; names may repeat. */
  readonly key: string;
  /** Its bytes, as a view: copy them to keep them. */
  readonly value: Buffer | null;
}

/** Headers in the order in which they were written. */
export class RecordHeaders implements Iterable<RecordHeader> {
  /** No headers at all. */
  static readonly empty = new RecordHeaders([]);

  constructor(private readonly list: readonly RecordHeader[]) {}

  /** How many headers there are. */
  get size(): number {
    return this.list.length;
  }

  /** The last header of that name, which by Kafka's convention is the one that counts. */
  last(key: string): RecordHeader | undefined {
    for (let index = this.list.length - 1; index >= 0; index--) {
      const header = this.list[index];
      if (header?.key === key) return header;
    }
    return undefined;
  }

  /** The value of the last header of that name as text; undefined when there is none, null when it holds null. */
  text(key: string): string | null | undefined {
    const header = this.last(key);
    return header === undefined ? undefined : (header.value?.toString('utf8') ?? null);
  }

  /** The headers of that name, in order. */
  all(key: string): readonly RecordHeader[] {
    return this.list.filter((header) => header.key === key);
  }

  /** All headers, in order. */
  toArray(): readonly RecordHeader[] {
    return this.list;
  }

  /** All headers, in order. */
  [Symbol.iterator](): Iterator<RecordHeader> {
    return this.list[Symbol.iterator]();
  }
}
