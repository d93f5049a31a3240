// Decides how worker processes are started, killed, started again, and let go at the end.
import { fork, type ChildProcess } from 'node:child_process';
import type { WorkerSettings } from './worker.js';

interface Worker {
  readonly number: number;
  child: ChildProcess;
  ready: boolean;
  exited: Promise<void>;
}

export class Workers {
  readonly #workers: Worker[] = [];
  #stopping = false;
  #fail: (error: Error) => void = () => undefined;
  /** Rejects when a worker ends that nobody has killed. */
  readonly failed = new Promise<never>((_, reject) => {
    this.#fail = reject;
  });

  constructor(private readonly settings: Omit<WorkerSettings, 'number'>) {
    this.failed.catch(() => undefined);
  }

  start(count: number): void {
    for (let number = 0; number < count; number++) {
      const worker: Worker = {
        number,
        child: this.#spawn(number),
        ready: false,
        exited: Promise.resolve(),
      };
      this.#workers.push(worker);
      this.#watch(worker);
    }
  }

  /** The numbers of the workers that work now. */
  ready(): number[] {
    return this.#workers.filter(({ ready }) => ready).map(({ number }) => number);
  }

  /** SIGKILL: the worker ends where it stands, and another takes its place. */
  kill(number: number): void {
    const worker = this.#workers[number];
    if (worker?.ready === true && !this.#stopping) {
      worker.ready = false;
      worker.child.kill('SIGKILL');
    }
  }

  /** Lets all workers finish what they have begun. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { child } of this.#workers) {
      if (child.connected) {
        child.disconnect();
      }
    }
    await Promise.all(this.#workers.map(({ exited }) => exited));
  }

  /** The same program in another process; `worker` is a command of it that its help does not show. */
  #spawn(number: number): ChildProcess {
    const settings: WorkerSettings = { ...this.settings, number };
    return fork(process.argv[1] ?? '', ['worker', JSON.stringify(settings)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  #watch(worker: Worker): void {
    const { child } = worker;
    child.once('message', () => {
      worker.ready = true;
    });
    worker.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        worker.ready = false;
        if (!this.#stopping && signal === 'SIGKILL') {
          worker.child = this.#spawn(worker.number);
          this.#watch(worker);
        } else if (code !== 0) {
          this.#fail(new Error(`worker ${worker.number} ended with ${signal ?? `exit code ${code}`}`));
        }
        resolve();
      });
    });
  }
}
