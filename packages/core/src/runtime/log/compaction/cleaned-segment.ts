// Decides how a compacted segment is written beside the log until it can take the place of its sources (L32).
import type { AbortedTransaction } from '../../../machines/log/transaction-index.js';
import { SegmentState } from '../../../machines/log/segment-state.js';
import type { File } from '../../../ports/file-system.js';
import { RecordBatch } from '../../../protocol/records/record-batch.js';
import { segmentSuffixes } from '../log-names.js';
import {
  dataSuffixes,
  fileEndings,
  removeSegmentFiles,
  renameSegmentFiles,
  segmentPath,
  type SegmentPlace,
} from '../segment-files.js';

/** Batches are gathered to writes of about this size. */
const writeBytes = 256 * 1024;

export class CleanedSegment {
  readonly state: SegmentState;
  readonly #place: SegmentPlace;
  readonly #indexIntervalBytes: number;
  readonly #log: File;
  readonly #view = new RecordBatch(Buffer.alloc(0));
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  /** Whatever an interrupted run left under the same names goes. */
  constructor(place: SegmentPlace, baseOffset: number, nowMs: number, indexIntervalBytes: number) {
    this.#place = place;
    this.#indexIntervalBytes = indexIntervalBytes;
    this.state = new SegmentState(baseOffset, nowMs);
    removeSegmentFiles(place, baseOffset, fileEndings.cleaned);
    removeSegmentFiles(place, baseOffset, fileEndings.swap);
    this.#log = place.fileSystem.open(this.#path(segmentSuffixes.log), { create: true });
  }

  /** Appends one batch; its bytes are copied, for they may be a view of a buffer that is read into again. */
  append(bytes: Buffer): void {
    const batch = Buffer.from(bytes);
    this.state.replay(this.#view.moveTo(batch, 0), this.#indexIntervalBytes);
    this.#pending.push(batch);
    this.#pendingBytes += batch.length;
    if (this.#pendingBytes >= writeBytes) this.#write();
  }

  /** An aborted transaction whose data and marker are still in the log. */
  appendAborted(transaction: AbortedTransaction): void {
    this.state.transactionIndex.append(transaction);
  }

  /** Writes what is left, with the indexes; resolves when all is on the disk. */
  async finish(modifiedMs: number): Promise<void> {
    this.#write();
    this.state.finish();
    const { offsetIndex, timeIndex, transactionIndex } = this.state;
    const indexes = [
      this.#writeIndex(segmentSuffixes.offsetIndex, offsetIndex.encode(0)),
      this.#writeIndex(segmentSuffixes.timeIndex, timeIndex.encode(0)),
    ];
    if (transactionIndex.entries.length > 0)
      indexes.push(this.#writeIndex(segmentSuffixes.transactionIndex, transactionIndex.encode(0)));
    try {
      await Promise.all([this.#log, ...indexes].map((file) => file.sync()));
    } finally {
      for (const file of [this.#log, ...indexes]) file.close();
    }
    this.#place.fileSystem.setModifiedMs(this.#path(segmentSuffixes.log), modifiedMs);
  }

  /** From now on a restart puts it in its place. */
  async becomeSwap(): Promise<void> {
    const { fileSystem, directory } = this.#place;
    // The names last one after another: until the log has its new one and no other is left, a restart drops all of them.
    renameSegmentFiles(
      this.#place,
      this.state.baseOffset,
      dataSuffixes,
      fileEndings.cleaned,
      fileEndings.swap,
    );
    await fileSystem.syncDirectory(directory);
  }

  close(): void {
    this.#log.close();
  }

  discard(): void {
    this.close();
    removeSegmentFiles(this.#place, this.state.baseOffset, fileEndings.cleaned);
  }

  #write(): void {
    if (this.#pending.length === 0) return;
    this.#log.append(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #writeIndex(suffix: (typeof dataSuffixes)[number], bytes: Buffer): File {
    const file = this.#place.fileSystem.open(this.#path(suffix), { create: true });
    if (bytes.length > 0) file.append([bytes]);
    return file;
  }

  #path(suffix: (typeof dataSuffixes)[number]): string {
    return segmentPath(this.#place.directory, this.state.baseOffset, suffix, fileEndings.cleaned);
  }
}
