// Decides how the headers of a record are held: in order, names may repeat.

export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** Headers in the order in which they were written. */
export class RecordHeaders implements Iterable<RecordHeader> {
  static readonly empty = new RecordHeaders([]);

  constructor(private readonly list: readonly RecordHeader[]) {}

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

  all(key: string): readonly RecordHeader[] {
    return this.list.filter((header) => header.key === key);
  }

  toArray(): readonly RecordHeader[] {
    return this.list;
  }

  [Symbol.iterator](): Iterator<RecordHeader> {
    return this.list[Symbol.iterator]();
  }
}
