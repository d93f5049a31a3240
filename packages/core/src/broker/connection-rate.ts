// Decides how long a new connection waits until it is served, so that they come no faster than max.connection.creation.rate.

const unlimited = 2 ** 31 - 1;

/** A second's worth of connections may come at once; what is beyond waits for its place. */
export class ConnectionRate {
  /** When the next connection would have its place if they came evenly. */
  #nextMs = -Infinity;

  /** `perSecond` is asked for every connection, because it may change while the broker runs. */
  constructor(private readonly perSecond: () => number) {}

  /** Milliseconds that the connection which has come now is to wait; 0 for none. */
  admit(nowMs: number): number {
    const perSecond = this.perSecond();
    if (perSecond >= unlimited) return 0;
    const intervalMs = 1_000 / perSecond;
    // Seconds without connections are not saved up.
    const placeMs = Math.max(this.#nextMs, nowMs - 1_000 + intervalMs);
    this.#nextMs = placeMs + intervalMs;
    return Math.max(0, Math.ceil(placeMs - nowMs));
  }
}
