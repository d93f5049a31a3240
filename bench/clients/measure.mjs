// Decides what a client process measures of itself while it works: records and processor time after a warm-up, and peak memory.

/**
 * What a process is told to do.
 * @typedef {{ bootstrapServers: string, topic: string, mode: Mode, valueBytes: number, codec: 'none' | 'lz4', records: number, warmUpMs: number, measureMs: number }} Task
 * @typedef {'produce one awaited' | 'produce 1000 concurrent' | 'produce arrays' | 'consume batches' | 'consume records'} Mode
 */

/** How many values there are; a power of two. */
const valueCount = 256;

/**
 * Values of text, the same for every client: they look like JSON, differ, and compress to about a half.
 * @param {number} bytes @returns {(index: number) => string}
 */
export function sampleValues(bytes) {
  let state = 1;
  const values = Array.from({ length: valueCount }, () => {
    let text = '';
    for (let field = 0; text.length < bytes; field += 1) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      text += `"field-${field}":"${state.toString(36)}",`;
    }
    return text.slice(0, bytes);
  });
  return (index) => values[index & (valueCount - 1)] ?? '';
}

/** Counts what is done, forgets what the warm-up did, and tells when it is enough. */
export class Meter {
  #count = 0;
  #startedAtMs = 0;
  #cpu = process.cpuUsage();
  #isMeasuring = false;
  /** True as soon as time is up: the work ends. */
  isOver = false;
  /** @type {(result: object) => void} */
  #finish = () => {};
  /** What was measured, once it is enough. */
  result = new Promise((resolve) => {
    this.#finish = resolve;
  });

  /** @param {Task} task */
  constructor(task) {
    this.task = task;
  }

  /** From now on time counts: the warm-up's first. */
  start() {
    const { warmUpMs, measureMs } = this.task;
    setTimeout(() => {
      this.#begin();
      setTimeout(() => this.end(), measureMs);
    }, warmUpMs);
  }

  /** @param {number} records that are done */
  add(records) {
    this.#count += records;
  }

  /** Ends the measurement, as when there is no more to read. */
  end() {
    if (this.isOver) return;
    this.isOver = true;
    const seconds = (performance.now() - this.#startedAtMs) / 1000;
    const { user, system } = process.cpuUsage(this.#cpu);
    const records = this.#count;
    this.#finish(
      this.#isMeasuring && records > 0
        ? {
            records,
            seconds,
            recordsPerSecond: records / seconds,
            cpuSecondsPerMillion: (user + system) / records,
            peakMemoryMegabytes: process.resourceUsage().maxRSS / 1024,
          }
        : { failure: `only ${records} records in the time there was` },
    );
  }

  /** Forgets what was counted so far; a consumer that is faster than the warm-up begins earlier. */
  beginEarly() {
    if (!this.#isMeasuring) this.#begin();
  }

  #begin() {
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    this.#count = 0;
    this.#cpu = process.cpuUsage();
    this.#startedAtMs = performance.now();
  }
}

/**
 * Calls `send` again and again until time is up, keeping `concurrency` calls under way, each of which moves `records`.
 * @param {Meter} meter @param {number} concurrency @param {number} records @param {(index: number) => Promise<unknown>} send
 */
async function keepInFlight(meter, concurrency, records, send) {
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (!meter.isOver) {
        await send(next++);
        meter.add(records);
      }
    }),
  );
}

/** How many records an array has, and how many arrays are under way. */
export const arrayLength = 1000;
const arraysInFlight = 8;

/**
 * What each client brings: ways to send, and a way to read that tells of every delivery.
 * @typedef {{ sendOne(index: number): Promise<unknown>, sendArray(index: number): Promise<unknown>, close(): Promise<unknown> }} BenchProducer
 * @typedef {{ producer(task: Task): Promise<BenchProducer>, consume(task: Task, onRecords: (count: number) => void): Promise<void> }} BenchClient
 */

/** @param {BenchClient} client @param {Task} task */
async function produce(client, task) {
  const producer = await client.producer(task);
  await producer.sendOne(0); // The connection and the metadata are there.
  const meter = new Meter(task);
  meter.start();
  if (task.mode === 'produce one awaited')
    await keepInFlight(meter, 1, 1, (index) => producer.sendOne(index));
  else if (task.mode === 'produce 1000 concurrent')
    await keepInFlight(meter, 1000, 1, (index) => producer.sendOne(index));
  else await keepInFlight(meter, arraysInFlight, arrayLength, (index) => producer.sendArray(index));
  return meter.result;
}

/** A quarter of the topic is warm-up at most: the fast ones are done with it before the time of the warm-up is. */
const warmUpShare = 1 / 4;

/** @param {BenchClient} client @param {Task} task */
async function consume(client, task) {
  const meter = new Meter(task);
  let seen = 0;
  const consuming = client.consume(task, (count) => {
    if (seen === 0) meter.start();
    seen += count;
    meter.add(count);
    if (seen >= task.records * warmUpShare) meter.beginEarly();
    if (seen >= task.records) meter.end();
  });
  // Some read until they are closed, others in the background.
  return Promise.race([meter.result, consuming.then(() => meter.result)]);
}

/** Runs the task of this process with the client, prints what was measured as one line of JSON and ends the process. @param {BenchClient} client */
export async function runTask(client) {
  /** @type {Task} */
  const task = JSON.parse(process.argv[2] ?? '{}');
  const result = await (task.mode.startsWith('produce') ? produce(client, task) : consume(client, task));
  // Some clients write to standard output themselves.
  process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0));
}
