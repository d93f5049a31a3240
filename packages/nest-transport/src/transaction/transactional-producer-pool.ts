// Decides which transaction has which producer: a bounded number of transactional ids, one producer each, lent to one
// transaction at a time; whoever finds none waits, first come first served.
import { Logger } from '@nestjs/common';
import { errorText } from '../errors.js';
import { IllegalTransactionStateError, NoProducerAvailableError } from './transaction-errors.js';
import type { TransactionalProducer } from './transactional-producer.js';

export interface PoolSettings {
  readonly transactionIdPrefix: string;
  /** Producers, and so transactions at the same time. */
  readonly maxProducers: number;
  readonly waitTimeoutMs: number;
  /** Producers unused for longer are made anew before their next transaction; 0: never. */
  readonly maxIdleMs: number;
}

/** How the pool reaches the cluster. */
export interface PoolPort {
  createProducer(transactionalId: string): TransactionalProducer;
  /** Fences the producers of these ids, which ends what they left open. */
  fence(transactionalIds: readonly string[]): Promise<void>;
}

/** A producer in the hands of one transaction. */
export interface ProducerLease {
  /** The producer's id, one of the pool's. */
  readonly transactionalId: string;
  /** The producer, for this transaction alone. */
  readonly producer: TransactionalProducer;
  /** The transaction has ended well, in a commit or an abort: the next one may have the producer. */
  release(): void;
  /** The producer's state is not known or not usable: it is closed and made anew under the same id. */
  discard(): void;
}

/** One id of the pool, with its producer once there is one. */
interface Slot {
  readonly transactionalId: string;
  readonly producer: TransactionalProducer | null;
  readonly lastUsedMs: number;
}

interface Waiter {
  readonly take: (slot: Slot) => void;
  readonly fail: (error: Error) => void;
}

const rebuildAttempts = 5;
const firstRebuildDelayMs = 200;

export class TransactionalProducerPool {
  readonly #logger = new Logger('KafkaTransactions');
  /** Ids that nobody uses; the one used last is used next, so that few producers serve where few are needed. */
  #idle: Slot[];
  readonly #lent = new Set<TransactionalProducer>();
  readonly #waiters = new Set<Waiter>();
  readonly #rebuilds = new Set<Promise<void>>();
  #fenced: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  constructor(
    private readonly settings: PoolSettings,
    private readonly port: PoolPort,
  ) {
    const { maxProducers } = settings;
    this.#idle = Array.from({ length: maxProducers }, (_, index) =>
      emptySlot(this.#idOf(maxProducers - 1 - index)),
    );
  }

  /**
   * Ends, once, what an earlier process with these ids left open. A consumer that reads committed offsets would otherwise wait
   * for the end of such a transaction until it times out (KIP-447).
   */
  prepare(): Promise<void> {
    this.#fenced ??= this.port
      .fence(Array.from({ length: this.settings.maxProducers }, (_, suffix) => this.#idOf(suffix)))
      .catch((error: unknown) => {
        this.#logger.warn(
          `Transactions that an earlier process left open under ${this.settings.transactionIdPrefix}* could not be ended and may hold readers up until they time out: ${errorText(error)}`,
        );
      });
    return this.#fenced;
  }

  /** Rejects with a NoProducerAvailableError after the wait timeout; passes on why a producer could not be made. */
  async acquire(): Promise<ProducerLease> {
    await this.prepare();
    if (this.#closing !== undefined) {
      throw closedError(this.settings.transactionIdPrefix);
    }
    // Slots are only idle while nobody waits.
    const slot = this.#idle.pop() ?? (await this.#wait());
    const producer = await this.#producerOf(slot);
    if (this.#closing !== undefined) {
      await producer.close({ timeoutMs: 0 });
      throw closedError(this.settings.transactionIdPrefix);
    }
    return this.#lend(slot.transactionalId, producer);
  }

  /** Waits for transactions under way, at most `timeoutMs`, and closes all producers. */
  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  #idOf(suffix: number): string {
    return `${this.settings.transactionIdPrefix}${suffix}`;
  }

  async #producerOf(slot: Slot): Promise<TransactionalProducer> {
    const { producer, transactionalId } = slot;
    const { maxIdleMs } = this.settings;
    if (producer !== null && (maxIdleMs === 0 || performance.now() - slot.lastUsedMs < maxIdleMs)) {
      return producer;
    }
    try {
      await producer?.close({ timeoutMs: 0 });
      return await this.#create(transactionalId);
    } catch (error) {
      this.#giveBack(emptySlot(transactionalId));
      throw error;
    }
  }

  async #create(transactionalId: string): Promise<TransactionalProducer> {
    const producer = this.port.createProducer(transactionalId);
    try {
      await producer.initTransactions();
      return producer;
    } catch (error) {
      await producer.close({ timeoutMs: 0 });
      throw error;
    }
  }

  #lend(transactionalId: string, producer: TransactionalProducer): ProducerLease {
    const lastUsedMs = performance.now();
    this.#lent.add(producer);
    return {
      transactionalId,
      producer,
      release: () => {
        if (this.#lent.delete(producer)) {
          this.#giveBack({ transactionalId, producer, lastUsedMs });
        }
      },
      discard: () => {
        if (this.#lent.delete(producer)) {
          const rebuilt = this.#rebuild(transactionalId, producer).finally(() =>
            this.#rebuilds.delete(rebuilt),
          );
          this.#rebuilds.add(rebuilt);
        }
      },
    };
  }

  #giveBack(slot: Slot): void {
    const [waiter] = this.#waiters;
    if (waiter === undefined) {
      this.#idle.push(slot);
    } else {
      waiter.take(slot);
    }
    if (this.#lent.size === 0) {
      this.#drained?.();
    }
  }

  /** At once, not when it is next needed: the new producer ends the transaction that the old one may have left open (T3). */
  async #rebuild(transactionalId: string, broken: TransactionalProducer): Promise<void> {
    await broken.close({ timeoutMs: 0 });
    let delayMs = firstRebuildDelayMs;
    for (let attempt = 1; attempt <= rebuildAttempts && this.#closing === undefined; attempt++) {
      try {
        const producer = await this.#create(transactionalId);
        this.#giveBack({ transactionalId, producer, lastUsedMs: performance.now() });
        return;
      } catch (error) {
        this.#logger.warn(
          `Producer ${transactionalId} could not be made anew, trying again in ${delayMs} ms: ${errorText(error)}`,
        );
      }
      await pause(delayMs);
      delayMs *= 2;
    }
    // The next transaction that gets it tries again.
    this.#giveBack(emptySlot(transactionalId));
  }

  #wait(): Promise<Slot> {
    const { transactionIdPrefix, maxProducers, waitTimeoutMs } = this.settings;
    return new Promise<Slot>((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        take: (slot) => {
          end();
          resolve(slot);
        },
        fail: (error) => {
          end();
          reject(error);
        },
      };
      const timer = setTimeout(
        () => waiter.fail(new NoProducerAvailableError(transactionIdPrefix, maxProducers, waitTimeoutMs)),
        waitTimeoutMs,
      );
      this.#waiters.add(waiter);
    });
  }

  async #close(timeoutMs: number): Promise<void> {
    for (const waiter of this.#waiters) {
      waiter.fail(closedError(this.settings.transactionIdPrefix));
    }
    if (this.#lent.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#drained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await Promise.all(this.#rebuilds);
    const idle = this.#idle.flatMap(({ producer }) => producer ?? []);
    this.#idle = [];
    await Promise.all([...idle, ...this.#lent].map((producer) => producer.close({ timeoutMs: 0 })));
  }
}

function emptySlot(transactionalId: string): Slot {
  return { transactionalId, producer: null, lastUsedMs: 0 };
}

function closedError(prefix: string): IllegalTransactionStateError {
  return new IllegalTransactionStateError(
    `The producer factory of ${prefix}* is closed: no transaction begins any more`,
  );
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs).unref());
}
