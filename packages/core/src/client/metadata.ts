// Decides what the client knows of the cluster, and when it asks again.
import { apis } from '../protocol/api-keys.js';
import { ErrorCode, errorByCode } from '../protocol/errors.js';
import type { MetadataResponse } from '../protocol/messages/03-metadata.js';
import type { Timer } from '../ports/timers.js';
import { backoffMs } from '../foundation/backoff.js';
import { ClusterView, type PartitionMetadata, type TopicMetadata } from './cluster-view.js';
import { brokerError, ClosedError, ConnectionError, KafkaError, TimeoutError } from './errors.js';
import type { NetworkClient } from './network-client.js';
import type { Node } from './types.js';

export interface MetadataOptions {
  readonly requestTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
  /** A topic that was not used for so long is no longer asked for. */
  readonly metadataMaxIdleMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  /** Whether asking for a topic may create it, where the broker allows that (P14). */
  readonly allowAutoTopicCreation: boolean;
}

export const defaultMetadataOptions: MetadataOptions = {
  requestTimeoutMs: 30_000,
  metadataMaxAgeMs: 300_000,
  metadataMaxIdleMs: 300_000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1000,
  allowAutoTopicCreation: true,
};

interface Waiter {
  readonly isDone: (view: ClusterView) => boolean;
  readonly failure: (cause: KafkaError | null) => KafkaError;
  readonly topic: string | null;
  /** Absent: nobody waits for a topic. */
  readonly missing?: { readonly sinceMs: number; readonly timeoutMs: number };
  readonly settle: (error: KafkaError | null) => void;
}

const missingTopicBackoffMs = 10;
/** While a topic is being created, the first answers say that it is not there. */
const missingTopicPatienceMs = 2000;

const hopelessTopicCodes: ReadonlySet<number> = new Set([
  ErrorCode.INVALID_TOPIC_EXCEPTION,
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
]);

export class Metadata {
  #view = ClusterView.empty;
  /** Topics of interest, with the monotonic time of their last use. */
  readonly #topics = new Map<string, number>();
  /** Missing topics of which the log was told, while they are asked for. */
  readonly #toldMissing = new Set<string>();
  #allTopics = false;
  readonly #listeners = new Set<(view: ClusterView) => void>();
  readonly #waiters = new Set<Waiter>();
  #updating = false;
  #updateWanted = false;
  #newTopics = false;
  #failures = 0;
  #incomplete = 0;
  #notBeforeMs = 0;
  #timer: Timer | null = null;
  #lastError: KafkaError | null = null;
  #updatedMs: number | null = null;
  #updatesStarted = 0;
  #updatesDone = 0;
  #closed = false;

  constructor(
    private readonly client: NetworkClient,
    private readonly options: MetadataOptions,
  ) {}

  /** What is known now; a new object after every update. */
  get view(): ClusterView {
    return this.#view;
  }

  /** When the last update came, on the monotonic clock; null before the first. */
  get updatedMs(): number | null {
    return this.#updatedMs;
  }

  /** Why the last update failed; null after one that succeeded. */
  get lastError(): KafkaError | null {
    return this.#lastError;
  }

  topic(name: string): TopicMetadata | undefined {
    return this.#view.topic(name);
  }

  topicById(topicId: string): TopicMetadata | undefined {
    return this.#view.topicById(topicId);
  }

  partition(topic: string, partition: number): PartitionMetadata | undefined {
    return this.#view.topic(topic)?.partitions[partition];
  }

  /** The node that leads a partition; -1 when there is none or it is not known. */
  leaderOf(topic: string, partition: number): number {
    return this.partition(topic, partition)?.leader ?? -1;
  }

  get nodes(): readonly Node[] {
    return this.#view.nodes;
  }

  get controllerId(): number {
    return this.#view.controllerId;
  }

  get clusterId(): string | null {
    return this.#view.clusterId;
  }

  /** Calls back after every update, with what is known then. */
  onUpdate(listener: (view: ClusterView) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Asks for topics from now on; those not known yet are asked for at once. */
  addTopics(names: Iterable<string>): void {
    const nowMs = this.client.ports.clock.monotonicMs();
    for (const name of names) {
      this.#newTopics ||= !this.#topics.has(name) && this.#view.topic(name) === undefined;
      this.#topics.set(name, nowMs);
    }
    if (this.#newTopics && !this.#allTopics) this.requestUpdate();
  }

  /** Replaces the topics asked for; `all` asks for every topic of the cluster. */
  setTopics(names: Iterable<string> | 'all'): void {
    this.#allTopics = names === 'all';
    this.#topics.clear();
    if (names === 'all') this.requestUpdate();
    else this.addTopics(names);
  }

  /** Notes that a topic is in use, so that it stays asked for. */
  touch(topic: string): void {
    this.#topics.set(topic, this.client.ports.clock.monotonicMs());
  }

  /** Asks for an update soon, after the back-off; returns at once. */
  requestUpdate(): void {
    if (this.#closed) return;
    this.#updateWanted = true;
    if (this.#updating) return;
    // A topic never asked for is asked for at once, unless the cluster cannot be reached.
    const isUrgent = this.#newTopics && this.#lastError === null;
    const waitMs = Math.max(0, this.#notBeforeMs - this.client.ports.clock.monotonicMs());
    this.#arm(isUrgent ? 0 : waitMs);
  }

  /** Resolves after an update that started later than this call; tries again until `timeoutMs`. */
  refresh(timeoutMs = this.options.requestTimeoutMs): Promise<ClusterView> {
    const from = this.#updatesStarted;
    return this.#wait(
      {
        topic: null,
        isDone: () => this.#updatesDone > from,
        failure: (cause) =>
          new TimeoutError(`No metadata from the cluster within ${timeoutMs} ms${because(cause)}`, { cause }),
      },
      timeoutMs,
    ).then(() => this.#view);
  }

  /** Resolves when a topic, or one partition of it, is known; rejects with a TimeoutError that tells what stood in the way. */
  async ready(name: string, timeoutMs: number, partition = 0): Promise<TopicMetadata> {
    this.addTopics([name]);
    const known = this.#view.topic(name);
    if (known !== undefined && partition < known.partitions.length) return known;
    await this.#wait(
      {
        topic: name,
        missing: { sinceMs: this.client.ports.clock.monotonicMs(), timeoutMs },
        isDone: (view) => partition < (view.topic(name)?.partitions.length ?? 0),
        failure: (cause) => this.#notReady(name, partition, timeoutMs, cause),
      },
      timeoutMs,
    );
    const topic = this.#view.topic(name);
    if (topic === undefined) throw this.#notReady(name, partition, timeoutMs, null);
    return topic;
  }

  /** Takes a leader hint from a response (KIP-951); returns whether it was news. */
  updateLeader(topic: string, partition: number, leader: number, leaderEpoch: number): boolean {
    if (!this.client.hasNode(leader)) return false;
    const next = this.#view.withLeader(topic, partition, leader, leaderEpoch);
    if (next === null) return false;
    this.#view = next;
    this.#tellListeners();
    return true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.client.reachability.forget(this);
    const error = new ClosedError('The client was closed');
    for (const waiter of this.#waiters) waiter.settle(error);
  }

  #notReady(name: string, partition: number, timeoutMs: number, cause: KafkaError | null): KafkaError {
    const known = this.#view.topic(name);
    const reason = this.#view.topicErrors.get(name);
    const topicCause =
      cause ?? (reason === undefined ? null : brokerError(reason, `Metadata of topic ${name}`));
    if (known !== undefined) {
      return new TimeoutError(
        `Topic ${name} has ${known.partitions.length} partitions; partition ${partition} did not appear within ${timeoutMs} ms`,
        { cause: topicCause },
      );
    }
    const hint =
      cause === null && reason === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        ? '; create it, or allow the broker to (auto.create.topics.enable)'
        : '';
    return new TimeoutError(
      `Topic ${name} is not known to the cluster after ${timeoutMs} ms${because(topicCause)}${hint}`,
      { cause: topicCause },
    );
  }

  #wait(what: Omit<Waiter, 'settle'>, timeoutMs: number): Promise<void> {
    if (this.#closed) return Promise.reject(new ClosedError('The client is closed'));
    return new Promise((resolve, reject) => {
      const settle = (error: KafkaError | null): void => {
        timer.cancel();
        this.#waiters.delete(waiter);
        if (error === null) resolve();
        else reject(error);
      };
      const timer = this.client.ports.timers.after(timeoutMs, () => settle(waiter.failure(this.#lastError)));
      const waiter: Waiter = { ...what, settle };
      this.#waiters.add(waiter);
      this.requestUpdate();
    });
  }

  #arm(waitMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.client.ports.timers.after(waitMs, () => {
      this.#timer = null;
      void this.#update();
    });
  }

  async #update(): Promise<void> {
    if (this.#updating || this.#closed) return;
    this.#updating = true;
    this.#updateWanted = false;
    this.#newTopics = false;
    this.#updatesStarted++;
    const generation = this.#updatesStarted;
    let error: KafkaError | null = null;
    try {
      const asked = this.#topicsToAskFor();
      const response = await this.client.send(
        'any',
        apis.metadata,
        {
          topics: asked?.map((name) => ({ name })) ?? null,
          allowAutoTopicCreation: this.options.allowAutoTopicCreation,
        },
        { timeoutMs: this.options.requestTimeoutMs },
      );
      if (this.#closed) return;
      error = this.#take(response, asked);
      if (error === null) {
        this.#updatesDone = generation;
        this.#updatedMs = this.client.ports.clock.monotonicMs();
      }
    } catch (cause) {
      if (!(cause instanceof KafkaError)) throw cause;
      error = cause;
    } finally {
      this.#updating = false;
    }
    if (!this.#closed) this.#afterUpdate(error);
  }

  #afterUpdate(error: KafkaError | null): void {
    const { clientId, reachability } = this.client;
    if (error instanceof ConnectionError) reachability.lost(this, error.message, clientId);
    else if (error === null) reachability.found(this, clientId);
    this.#lastError = error;
    this.#tellWaiters();
    this.#arm(this.#nextUpdateMs(error));
  }

  /** How long to wait before the next update. */
  #nextUpdateMs(error: KafkaError | null): number {
    const { retryBackoffMs, retryBackoffMaxMs, metadataMaxAgeMs } = this.options;
    const { clock, random } = this.client.ports;
    let waitMs = retryBackoffMs;
    if (error !== null) {
      waitMs = backoffMs(this.#failures++, retryBackoffMs, retryBackoffMaxMs, random);
    } else {
      this.#failures = 0;
      if (this.#waiters.size === 0) this.#incomplete = 0;
      // A topic that is just being created is mostly there in a few milliseconds.
      else waitMs = backoffMs(this.#incomplete++, missingTopicBackoffMs, retryBackoffMaxMs, random);
    }
    this.#notBeforeMs = clock.monotonicMs() + waitMs;
    if (error === null && this.#newTopics) return 0;
    return error !== null || this.#waiters.size > 0 || this.#updateWanted ? waitMs : metadataMaxAgeMs;
  }

  #tellWaiters(): void {
    for (const waiter of this.#waiters) {
      const code = waiter.topic === null ? undefined : this.#view.topicErrors.get(waiter.topic);
      if (waiter.isDone(this.#view)) waiter.settle(null);
      else if (code !== undefined && hopelessTopicCodes.has(code)) {
        waiter.settle(brokerError(code, `Topic ${waiter.topic} cannot be used`));
      } else if (this.#lastError !== null && !this.#lastError.retriable) {
        waiter.settle(this.#lastError);
      } else if (code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) this.#tellMissing(waiter);
    }
  }

  /** Whoever waits for a topic that does not exist waits for a minute: the log says early what for. */
  #tellMissing({ topic, missing }: Waiter): void {
    if (topic === null || missing === undefined || this.#toldMissing.has(topic)) return;
    const { clock, diagnostics } = this.client.ports;
    if (clock.monotonicMs() - missing.sinceMs < missingTopicPatienceMs) return;
    this.#toldMissing.add(topic);
    diagnostics.log(
      'warn',
      `Topic ${topic} does not exist; create it, or allow the broker to (auto.create.topics.enable); waiting for it up to ${missing.timeoutMs} ms`,
      { topic, clientId: this.client.clientId },
    );
  }

  #topicsToAskFor(): string[] | null {
    if (this.#allTopics) return null;
    const oldestMs = this.client.ports.clock.monotonicMs() - this.options.metadataMaxIdleMs;
    const awaited = new Set<string | null>();
    for (const waiter of this.#waiters) awaited.add(waiter.topic);
    for (const [name, usedMs] of this.#topics) {
      if (usedMs < oldestMs && !awaited.has(name)) this.#topics.delete(name);
    }
    for (const name of this.#toldMissing) {
      if (!this.#topics.has(name) || this.#view.topic(name) !== undefined) this.#toldMissing.delete(name);
    }
    return [...this.#topics.keys()];
  }

  #take(response: MetadataResponse, asked: readonly string[] | null): KafkaError | null {
    if (response.errorCode === ErrorCode.REBOOTSTRAP_REQUIRED) {
      this.client.rebootstrap();
      return brokerError(response.errorCode, 'The cluster asks to bootstrap again');
    }
    if (response.errorCode !== ErrorCode.NONE)
      return brokerError(response.errorCode, 'Metadata cannot be had');
    // A broker that is starting may not have joined yet; nodes already known are better than none.
    if (response.brokers.length > 0) {
      this.client.updateNodes(
        response.brokers.map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack })),
      );
    }
    this.#view = this.#view.updated(response, asked);
    this.#tellListeners();
    for (const [topic, code] of this.#view.topicErrors) {
      if (
        errorByCode(code).retriable &&
        this.#topics.has(topic) &&
        code !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      ) {
        this.#updateWanted = true;
      }
    }
    return null;
  }

  #tellListeners(): void {
    for (const listener of this.#listeners) listener(this.#view);
  }
}

function because(cause: KafkaError | null): string {
  return cause === null ? '' : `: ${cause.message}`;
}
