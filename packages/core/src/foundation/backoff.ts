// Decides how long to wait before trying again.

const jitterSteps = 1 << 16;

/** Whole milliseconds: doubled from `initialMs` up to `maxMs` with every failure before this one, moved by up to a fifth either way (KIP-580). */
export function backoffMs(
  failuresBefore: number,
  initialMs: number,
  maxMs: number,
  random: { nextInteger(bound: number): number },
): number {
  const jitter = 0.8 + (0.4 * random.nextInteger(jitterSteps)) / jitterSteps;
  return Math.ceil(Math.min(maxMs, initialMs * 2 ** Math.min(failuresBefore, 30)) * jitter);
}
