// Decides what a client process measures of itself: wall time, processor time, peak memory.

/**
 * Measures `work` and prints the result as one line of JSON.
 * @param {number} records how many records `work` moves
 * @param {() => Promise<unknown>} work
 */
export async function measure(records, work) {
  const cpuBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  await work();
  const seconds = (performance.now() - startedAtMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuSeconds = (user + system) / 1e6;
  const peakMemoryMegabytes = process.resourceUsage().maxRSS / 1024;
  console.log(
    JSON.stringify({
      records,
      seconds,
      recordsPerSecond: records / seconds,
      cpuSecondsPerMillion: (cpuSeconds / records) * 1e6,
      peakMemoryMegabytes,
    }),
  );
}

/** The parameters of this process. */
export function parameters() {
  return /** @type {{ bootstrapServers: string, topic: string, mode: string, records: number, valueBytes: number }} */ (
    JSON.parse(process.argv[2] ?? '{}')
  );
}

/** A value of text; the same for every client. @param {number} bytes */
export function sampleValue(bytes) {
  return 'abcdefghij0123456789'.repeat(Math.ceil(bytes / 20)).slice(0, bytes);
}

/**
 * Calls `send` until `total` is reached, keeping `concurrency` calls under way.
 * @param {number} total @param {number} concurrency @param {(index: number) => Promise<unknown>} send
 */
export async function keepInFlight(total, concurrency, send) {
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < total) {
        const index = next;
        next += 1;
        await send(index);
      }
    }),
  );
}
