// Decides how long a case waits for something before it says what was missing.

/**
 * @template T
 * @param {number} timeoutMs @param {Promise<T>} work @param {() => string} missing what to say when time is up
 * @returns {Promise<T>}
 */
export async function within(timeoutMs, work, missing) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`after ${timeoutMs} ms: ${missing()}`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks again and again until the answer is yes: for what another program prints.
 * @param {number} timeoutMs @param {() => boolean} answered @param {() => string} missing what to say when time is up
 */
export async function until(timeoutMs, answered, missing) {
  const deadlineMs = performance.now() + timeoutMs;
  while (!answered()) {
    if (performance.now() > deadlineMs) throw new Error(`after ${timeoutMs} ms: ${missing()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
