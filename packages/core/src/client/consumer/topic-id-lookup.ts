// Decides how topics are named that the coordinator assigned by id, and that no subscription has named (KIP-848).
import { ErrorCode } from '../../protocol/errors.js';
import { apis } from '../../protocol/api-keys.js';
import { backoffMs } from '../../foundation/backoff.js';
import type { Timer } from '../../ports/timers.js';
import { KafkaError } from '../errors.js';
import type { NetworkClient } from '../network-client.js';

export interface TopicIdLookupOptions {
  readonly client: NetworkClient;
  readonly requestTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  /** Names are known that were not before. */
  readonly onFound: () => void;
}

/** Bounds: the topics of one assignment. */
export class TopicIdLookup {
  readonly #options: TopicIdLookupOptions;
  readonly #names = new Map<string, string>();
  #wanted: readonly string[] = [];
  #asking = false;
  #failures = 0;
  #timer: Timer | null = null;
  #closed = false;

  constructor(options: TopicIdLookupOptions) {
    this.#options = options;
  }

  nameOf(topicId: string): string | null {
    return this.#names.get(topicId) ?? null;
  }

  /** Asks for these until they are known; others asked for before are given up. */
  want(topicIds: readonly string[]): void {
    this.#wanted = topicIds;
    if (topicIds.length > 0 && !this.#asking && this.#timer === null) void this.#ask();
  }

  /** Forgets the topics that are not among these. */
  keep(topicIds: ReadonlySet<string>): void {
    for (const topicId of this.#names.keys()) if (!topicIds.has(topicId)) this.#names.delete(topicId);
  }

  stop(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #ask(): Promise<void> {
    const { client, requestTimeoutMs, onFound } = this.#options;
    this.#asking = true;
    let found = false;
    try {
      const response = await client.send(
        'any',
        apis.metadata,
        {
          topics: this.#wanted.map((topicId) => ({ topicId, name: null })),
          allowAutoTopicCreation: false,
        },
        { timeoutMs: requestTimeoutMs },
      );
      for (const { errorCode, name, topicId } of response.topics) {
        if (errorCode !== ErrorCode.NONE || name === null) continue;
        this.#names.set(topicId, name);
        found = true;
      }
    } catch (error) {
      // What failed shows in the metadata too; here it only means to try again.
      if (!(error instanceof KafkaError)) throw error;
    } finally {
      this.#asking = false;
    }
    if (this.#closed) return;
    if (found) {
      this.#failures = 0;
      onFound();
    }
    this.#askAgain();
  }

  /** A topic that was just created, or deleted, may not be known to the broker that was asked. */
  #askAgain(): void {
    const { client, retryBackoffMs, retryBackoffMaxMs } = this.#options;
    if (this.#wanted.every((topicId) => this.#names.has(topicId))) return;
    const waitMs = backoffMs(this.#failures++, retryBackoffMs, retryBackoffMaxMs, client.ports.random);
    this.#timer = client.ports.timers.after(waitMs, () => {
      this.#timer = null;
      if (this.#wanted.some((topicId) => !this.#names.has(topicId))) void this.#ask();
    });
  }
}
