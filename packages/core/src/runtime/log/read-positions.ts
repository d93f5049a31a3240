// Decides which read positions are remembered, so that a consumer's next fetch starts exactly where its last one ended.

const rememberedReads = 4;

interface ReadPosition {
  readonly segmentBase: number;
  readonly offset: number;
  readonly position: number;
}

/** A handful per partition, overwritten in turn: one for each consumer that reads it just now. */
export class ReadPositions {
  readonly #reads: ReadPosition[] = [];
  #next = 0;

  note(segmentBase: number, offset: number, position: number): void {
    this.#reads[this.#next] = { segmentBase, offset, position };
    this.#next = (this.#next + 1) % rememberedReads;
  }

  clear(): void {
    this.#reads.length = 0;
    this.#next = 0;
  }

  /** Where `offset` starts in its segment; 0 when it is not known. */
  positionFor(segmentBase: number, offset: number): number {
    for (const read of this.#reads) {
      if (read.offset === offset && read.segmentBase === segmentBase) return read.position;
    }
    return 0;
  }
}
