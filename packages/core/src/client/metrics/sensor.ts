// Decides how values are summed up as they come: over all time, and over the last one to two half minutes (`metrics.num.samples` 2).

/** `metrics.sample.window.ms`. */
export const sampleWindowMs = 30_000;
const samples = 2;

interface Sample {
  startMs: number;
  count: number;
  sum: number;
  max: number;
}

function restart(sample: Sample, nowMs: number): void {
  sample.startMs = nowMs;
  sample.count = 0;
  sample.sum = 0;
  sample.max = Number.NEGATIVE_INFINITY;
}

/** Takes a few additions per value; rates, averages and maxima are computed when somebody asks. */
export class Sensor {
  /** How many values there were in all. */
  count = 0;
  /** Their sum. */
  sum = 0;
  /** When the last of them came; before the first, when the sensor was made. */
  lastMs: number;
  #current: Sample;
  #previous: Sample;

  constructor(nowMs: number) {
    this.lastMs = nowMs;
    this.#current = { startMs: nowMs, count: 0, sum: 0, max: Number.NEGATIVE_INFINITY };
    this.#previous = { startMs: nowMs, count: 0, sum: 0, max: Number.NEGATIVE_INFINITY };
  }

  record(value: number, nowMs: number): void {
    this.count++;
    this.sum += value;
    this.lastMs = nowMs;
    let sample = this.#current;
    if (nowMs - sample.startMs >= sampleWindowMs) {
      sample = this.#previous;
      this.#previous = this.#current;
      this.#current = sample;
      restart(sample, nowMs);
    }
    sample.count++;
    sample.sum += value;
    if (value > sample.max) sample.max = value;
  }

  /** Values per second. */
  countRate(nowMs: number): number {
    this.#purge(nowMs);
    return (this.#current.count + this.#previous.count) / this.#windowSeconds(nowMs);
  }

  /** Their sum per second. */
  sumRate(nowMs: number): number {
    this.#purge(nowMs);
    return (this.#current.sum + this.#previous.sum) / this.#windowSeconds(nowMs);
  }

  /** NaN without values. */
  average(nowMs: number): number {
    this.#purge(nowMs);
    return (this.#current.sum + this.#previous.sum) / (this.#current.count + this.#previous.count);
  }

  /** NaN without values. */
  maximum(nowMs: number): number {
    this.#purge(nowMs);
    const max = Math.max(this.#current.max, this.#previous.max);
    return max === Number.NEGATIVE_INFINITY ? Number.NaN : max;
  }

  #purge(nowMs: number): void {
    for (const sample of [this.#current, this.#previous])
      if (nowMs - sample.startMs >= samples * sampleWindowMs) restart(sample, nowMs);
  }

  /** As in Kafka at least one whole window, lest the first second after a pause looks like a rush. */
  #windowSeconds(nowMs: number): number {
    const elapsedMs = nowMs - Math.min(this.#current.startMs, this.#previous.startMs);
    const fullWindows = Math.floor(elapsedMs / sampleWindowMs);
    const missing = Math.max(0, samples - 1 - fullWindows);
    return (elapsedMs + missing * sampleWindowMs) / 1000;
  }
}
