// Decides for how many topics, partitions or nodes figures are kept, and when those of one that is no longer used go.

/** Kafka forgets what nothing was recorded of for so long. */
const idleMs = 300_000;

export interface Idle {
  /** When it was last used, on the monotonic clock. */
  readonly lastMs: number;
}

/** Bounded: beyond `max` the idle ones go, and without any, new keys are not measured on their own. */
export class KeyedSensors<Value extends Idle> {
  readonly #values = new Map<string | number, Value>();
  #fullUntilMs = 0;

  constructor(
    private readonly create: (nowMs: number) => Value,
    private readonly max = 1000,
  ) {}

  /** Null where there are too many. */
  get(key: string | number, nowMs: number): Value | null {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    if (this.#values.size >= this.max) {
      if (nowMs < this.#fullUntilMs) return null;
      this.#dropIdle(nowMs);
      // Looking through all of them for each new key would cost more than the figures are worth.
      this.#fullUntilMs = nowMs + 1000;
      if (this.#values.size >= this.max) return null;
    }
    const value = this.create(nowMs);
    this.#values.set(key, value);
    return value;
  }

  /** Those in use. */
  entries(nowMs: number): Iterable<[string | number, Value]> {
    this.#dropIdle(nowMs);
    return this.#values;
  }

  #dropIdle(nowMs: number): void {
    for (const [key, { lastMs }] of this.#values) if (nowMs - lastMs >= idleMs) this.#values.delete(key);
  }
}
