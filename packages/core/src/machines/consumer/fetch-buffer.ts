// Decides what is kept of fetched partitions until the application polls, in which order it is handed out, and what became stale.
import { FetchedChunk, type ChunkOptions, type OpenBatch } from './fetched-chunk.js';
import type { PartitionState } from './partition-state.js';

/** Why a partition cannot go on; told to the application in the order of the records. */
export type FetchFailure =
  | { readonly kind: 'offsetOutOfRange'; readonly state: PartitionState; readonly offset: number }
  | {
      readonly kind: 'refused';
      readonly state: PartitionState;
      readonly errorCode: number;
      readonly nodeId: number;
    }
  | {
      readonly kind: 'corrupt';
      readonly state: PartitionState;
      readonly offset: number;
      readonly reason: string;
      readonly cause?: unknown;
    };

/** What `next` has for the application. */
export type Ready =
  | { readonly kind: 'batch'; readonly state: PartitionState; readonly batch: OpenBatch }
  | { readonly kind: 'failure'; readonly failure: FetchFailure };

interface QueuedFailure {
  readonly kind: 'failure';
  readonly state: PartitionState;
  readonly incarnation: number;
  readonly failure: FetchFailure;
}

/** How far fetching has come in a partition, ahead of the position. */
export interface Progress {
  readonly incarnation: number;
  nextFetchOffset: number;
  bufferedBytes: number;
  /** A failure is queued: fetching waits until the application has met it. */
  failed: boolean;
  retryAtMs: number;
  retries: number;
}

/** Bounds: what the fetcher lets be fetched, and one progress per assigned partition. */
export class FetchBuffer {
  readonly #queue: (FetchedChunk | QueuedFailure)[] = [];
  /** Chunks that the poll under way has handed out whole; the application holds their records anyway. */
  readonly #drained: FetchedChunk[] = [];
  readonly #progress = new Map<PartitionState, Progress>();
  #bufferedBytes = 0;
  #roomMade = false;

  constructor(private readonly options: ChunkOptions) {}

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  progresses(): Iterable<Progress> {
    return this.#progress.values();
  }

  push(chunk: FetchedChunk, progress: Progress, nextFetchOffset: number): void {
    this.#queue.push(chunk);
    this.#bufferedBytes += chunk.sizeBytes;
    progress.bufferedBytes += chunk.sizeBytes;
    progress.nextFetchOffset = nextFetchOffset;
  }

  /** Queues a failure behind what came before it; fetching waits until the application has met it. */
  fail(failure: FetchFailure, incarnation: number, progress: Progress): void {
    progress.failed = true;
    this.#queue.push({ kind: 'failure', state: failure.state, incarnation, failure });
  }

  /** True once after something was handed out completely: there may be room for another fetch. */
  takeRoomMade(): boolean {
    const made = this.#roomMade;
    this.#roomMade = false;
    return made;
  }

  /** The batch to read from next, or a failure, in the order in which partitions were answered; null when nothing is ready. */
  next(): Ready | null {
    for (let index = 0; index < this.#queue.length;) {
      const entry = this.#queue[index];
      if (entry === undefined) break;
      if (entry.incarnation !== entry.state.incarnation) {
        this.#remove(index);
        continue;
      }
      if (!entry.state.fetchable) {
        index++;
        continue;
      }
      if (entry.kind === 'failure') {
        this.#remove(index);
        return entry;
      }
      const ready = this.#openBatch(entry, index);
      if (ready !== null) return ready;
    }
    return null;
  }

  /**
   * Moves the position within what is held, so that a seek by a few records does not fetch them again; false when it leads
   * elsewhere. What the last poll drained is still held for this.
   */
  reposition(state: PartitionState, offset: number): boolean {
    const progress = this.#progress.get(state);
    if (state.phase !== 'fetching' || progress === undefined || progress.incarnation !== state.incarnation)
      return false;
    const drained = this.#drained.filter((chunk) => chunk.state === state && !chunk.isStale);
    const queued = this.#queue.find(
      (entry) => entry.kind === 'chunk' && entry.state === state && !entry.isStale,
    );
    const held = queued?.kind === 'chunk' ? [...drained, queued] : drained;
    const first = held.findLastIndex((chunk) => chunk.fetchOffset <= offset);
    if (first < 0 || offset > progress.nextFetchOffset) return false;
    for (const chunk of held.slice(first)) chunk.restart();
    for (const chunk of drained.slice(first).reverse()) {
      this.#drained.splice(this.#drained.indexOf(chunk), 1);
      this.#queue.unshift(chunk);
      this.#bufferedBytes += chunk.sizeBytes;
      progress.bufferedBytes += chunk.sizeBytes;
    }
    state.advance(offset, -1);
    return true;
  }

  /** A poll begins: what the one before drained is done with. */
  beginPoll(): void {
    this.#drained.length = 0;
  }

  /** Queues a failure again, in front: what came before it is to be handed out first. */
  putBack(failure: FetchFailure): void {
    const { state } = failure;
    this.#queue.unshift({ kind: 'failure', state, incarnation: state.incarnation, failure });
  }

  /** Whether `next` would have something. */
  get hasReady(): boolean {
    return this.#queue.some(
      (entry) => entry.incarnation === entry.state.incarnation && entry.state.fetchable,
    );
  }

  /** The open batch of a chunk, or its next one; null when the chunk is done and gone. */
  #openBatch(chunk: FetchedChunk, index: number): Ready | null {
    const { state } = chunk;
    if (chunk.open !== null) {
      if (chunk.open.cursor.remaining > 0) return { kind: 'batch', state, batch: chunk.open };
      state.advance(chunk.open.nextOffset, chunk.open.leaderEpoch);
    }
    const next = chunk.nextBatch(state.position?.offset ?? 0, this.options);
    switch (next.kind) {
      case 'batch':
        return { kind: 'batch', state, batch: next.batch };
      case 'corrupt':
        return { kind: 'failure', failure: { ...next, state } };
      case 'end':
        // Control records, aborted batches and compacted gaps at the end move the position too (CC2).
        if (state.position !== null && next.nextOffset > state.position.offset) {
          state.advance(next.nextOffset, next.leaderEpoch);
        }
        this.#remove(index);
        this.#drained.push(chunk);
        return null;
    }
  }

  progressOf(state: PartitionState): Progress {
    let progress = this.#progress.get(state);
    if (progress === undefined || progress.incarnation !== state.incarnation) {
      progress = {
        incarnation: state.incarnation,
        nextFetchOffset: state.position?.offset ?? 0,
        bufferedBytes: 0,
        failed: false,
        retryAtMs: 0,
        retries: 0,
      };
      this.#progress.set(state, progress);
    }
    return progress;
  }

  #remove(index: number): void {
    const [entry] = this.#queue.splice(index, 1);
    if (entry === undefined) return;
    this.#roomMade = true;
    const progress = this.#progress.get(entry.state);
    const current = progress !== undefined && progress.incarnation === entry.incarnation ? progress : null;
    if (entry.kind === 'failure') {
      if (current !== null) current.failed = false;
      return;
    }
    this.#bufferedBytes -= entry.sizeBytes;
    if (current !== null) current.bufferedBytes -= entry.sizeBytes;
  }

  dropStale(): void {
    for (let index = this.#queue.length - 1; index >= 0; index--) {
      const entry = this.#queue[index];
      if (entry !== undefined && entry.incarnation !== entry.state.incarnation) this.#remove(index);
    }
    for (const state of this.#progress.keys()) if (!state.assigned) this.#progress.delete(state);
  }
}
