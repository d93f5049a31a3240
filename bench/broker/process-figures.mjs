// Decides what is read of a running process from /proc: processor time and resident memory; null where there is no /proc.
import { readFileSync } from 'node:fs';

/** USER_HZ, which Linux fixes at 100 for what it shows to programs. */
const ticksPerSecond = 100;

/** User and system time since the process started. @param {number} pid */
export function cpuSeconds(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return null;
  }
}

/** Now, and at its highest. @param {number} pid @returns {{ now: number, peak: number } | null} */
export function residentMegabytes(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const kibibytes = (/** @type {string} */ name) =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
    return { now: (kibibytes('VmRSS') * 1024) / 1e6, peak: (kibibytes('VmHWM') * 1024) / 1e6 };
  } catch {
    return null;
  }
}
