/** A promise with its ends outside, for tests that say when something may go on. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function createGate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** A list that tests can wait on. */
export class Journal<T> {
  readonly entries: T[] = [];
  readonly #waiters = new Set<() => void>();

  add(entry: T): void {
    this.entries.push(entry);
    for (const check of this.#waiters) {
      check();
    }
  }

  /** Resolves when the entries fulfil the condition; rejects, showing them, after the timeout. */
  async until(condition: (entries: readonly T[]) => boolean, timeoutMs = 10_000): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (condition(this.entries)) {
          clearTimeout(timer);
          this.#waiters.delete(check);
          resolve();
        }
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(check);
        reject(new Error(`the journal stayed at ${JSON.stringify(this.entries)}`));
      }, timeoutMs);
      this.#waiters.add(check);
      check();
    });
  }

  count(size: number): Promise<void> {
    return this.until((entries) => entries.length >= size);
  }
}
