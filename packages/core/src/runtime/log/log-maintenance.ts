// Decides when old segments are looked for, and that the search never holds up requests for long (L24).
import { FileSystemError } from '../../foundation/file-system-error.js';
import type { Timer } from '../../ports/timers.js';
import type { LogDirectoryPorts } from './log-directory.js';

export interface RetentionSchedule {
  /** log.retention.check.interval.ms. */
  readonly checkIntervalMs: number;
  /** log.initial.task.delay.ms. */
  readonly initialDelayMs: number;
}

export const defaultRetentionSchedule: RetentionSchedule = {
  checkIntervalMs: 300_000,
  initialDelayMs: 30_000,
};

/** A look at a partition is cheap; renaming five files per segment is not. */
const partitionsPerTurn = 64;
const segmentsPerTurn = 8;

export interface RetainingPartition {
  deleteOldSegments(nowMs: number, limit: number): number;
}

export class LogMaintenance {
  readonly #ports: Pick<LogDirectoryPorts, 'clock' | 'timers'>;
  readonly #schedule: RetentionSchedule;
  readonly #partitions: () => readonly RetainingPartition[];
  #timer: Timer | null = null;
  #isStopped = true;

  constructor(
    ports: Pick<LogDirectoryPorts, 'clock' | 'timers'>,
    schedule: RetentionSchedule,
    partitions: () => readonly RetainingPartition[],
  ) {
    this.#ports = ports;
    this.#schedule = schedule;
    this.#partitions = partitions;
  }

  start(): void {
    this.#isStopped = false;
    this.#arm(this.#schedule.initialDelayMs);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Looks at all partitions once, a few per turn of the event loop; resolves when it is through. */
  async deleteOldSegments(): Promise<void> {
    const nowMs = this.#ports.clock.nowMs();
    let looked = 0;
    for (const partition of this.#partitions()) {
      while (!this.#isStopped && partition.deleteOldSegments(nowMs, segmentsPerTurn) > 0) await this.#turn();
      looked += 1;
      if (looked % partitionsPerTurn === 0) await this.#turn();
      if (this.#isStopped) return;
    }
  }

  #arm(delayMs: number): void {
    this.#timer = this.#ports.timers.after(delayMs, () => {
      this.#timer = null;
      this.deleteOldSegments()
        .catch((error: unknown) => {
          // A failure of the disk has put the directory offline, and every later request tells.
          if (!(error instanceof FileSystemError)) throw error;
        })
        .finally(() => {
          if (!this.#isStopped && this.#timer === null) this.#arm(this.#schedule.checkIntervalMs);
        });
    });
  }

  #turn(): Promise<void> {
    return new Promise((resume) => this.#ports.timers.soon(resume));
  }
}
