// Decides how much memory replies may take that clients do not read: beyond it, fetches give one batch at a time.

/** Of all connections together; each has besides what its socket takes before it asks to wait. */
export const defaultReplyMemoryBytes = 256 * 1024 * 1024;

export class ReplyMemory {
  readonly #unread = new Map<object, number>();
  #usedBytes = 0;

  constructor(private readonly limitBytes: number = defaultReplyMemoryBytes) {}

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** What new replies may add. */
  get freeBytes(): number {
    return Math.max(0, this.limitBytes - this.#usedBytes);
  }

  /** The holder's client leaves so many bytes unread. */
  note(holder: object, bytes: number): void {
    this.#usedBytes += bytes - (this.#unread.get(holder) ?? 0);
    this.#unread.set(holder, bytes);
  }

  release(holder: object): void {
    this.#usedBytes -= this.#unread.get(holder) ?? 0;
    this.#unread.delete(holder);
  }
}
