// Decides what a segment remembers of aborted transactions, for readers of committed records (L15, F6).
import { readInt64, writeInt64 } from '../../foundation/int64.js';

const entryBytes = 34;
const version = 0;

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** The offset of the marker. */
  readonly lastOffset: number;
  readonly lastStableOffset: number;
}

/** Bounded by the segment: one entry per abort marker in it. */
export class TransactionIndex {
  readonly entries: AbortedTransaction[] = [];

  /** Reads a file of this format; null when it is malformed and must be rebuilt (L21). */
  static decode(bytes: Buffer): TransactionIndex | null {
    if (bytes.length % entryBytes !== 0) return null;
    const index = new TransactionIndex();
    for (let at = 0; at < bytes.length; at += entryBytes) {
      if (bytes.readInt16BE(at) !== version) return null;
      index.entries.push({
        producerId: readInt64(bytes, at + 2),
        firstOffset: readInt64(bytes, at + 10),
        lastOffset: readInt64(bytes, at + 18),
        lastStableOffset: readInt64(bytes, at + 26),
      });
    }
    return index;
  }

  append(entry: AbortedTransaction): void {
    this.entries.push(entry);
  }

  clear(): void {
    this.entries.length = 0;
  }

  encode(fromEntry: number): Buffer {
    const bytes = Buffer.allocUnsafe((this.entries.length - fromEntry) * entryBytes);
    let at = 0;
    for (const entry of this.entries.slice(fromEntry)) {
      bytes.writeInt16BE(version, at);
      writeInt64(bytes, entry.producerId, at + 2);
      writeInt64(bytes, entry.firstOffset, at + 10);
      writeInt64(bytes, entry.lastOffset, at + 18);
      writeInt64(bytes, entry.lastStableOffset, at + 26);
      at += entryBytes;
    }
    return bytes;
  }
}
