// Decides what the consumer reads: what it subscribed to, which partitions it holds, and where it stands in each.
import { PartitionState, type OffsetResetPolicy } from './partition-state.js';
import { topicPartitionKey, type TopicPartition } from './topic-partition.js';

/** The ways to read exclude each other, as in Kafka. */
export type Subscription =
  | { readonly kind: 'none' }
  | { readonly kind: 'topics'; readonly topics: readonly string[] }
  | { readonly kind: 'pattern'; readonly pattern: RegExp; readonly topics: readonly string[] }
  /** The coordinator matches the topics (KIP-848). */
  | { readonly kind: 'serverPattern'; readonly expression: string }
  | { readonly kind: 'assigned' };

export interface AssignmentChange {
  readonly added: readonly TopicPartition[];
  readonly removed: readonly TopicPartition[];
}

/** Bounded by the partitions of the cluster that the user or the group gives us. */
export class SubscriptionState {
  subscription: Subscription = { kind: 'none' };
  readonly #partitions = new Map<string, PartitionState>();
  #list: readonly PartitionState[] = [];

  constructor(readonly resetPolicy: OffsetResetPolicy) {}

  /** The policy in words, for log lines. */
  get resetPolicyText(): string {
    const { resetPolicy } = this;
    return typeof resetPolicy === 'string' ? resetPolicy : `by_duration: ${resetPolicy.durationMs} ms`;
  }

  get usesGroupAssignment(): boolean {
    const { kind } = this.subscription;
    return kind === 'topics' || kind === 'pattern' || kind === 'serverPattern';
  }

  /** Topics subscribed to by name, or matched by the pattern so far. */
  get topics(): readonly string[] {
    const { subscription } = this;
    return subscription.kind === 'topics' || subscription.kind === 'pattern' ? subscription.topics : [];
  }

  /** The expression that the coordinator matches; null for other subscriptions. */
  get serverExpression(): string | null {
    const { subscription } = this;
    return subscription.kind === 'serverPattern' ? subscription.expression : null;
  }

  /** The assigned partitions; the array is replaced, never changed, when the assignment changes. */
  get partitions(): readonly PartitionState[] {
    return this.#list;
  }

  partition(topic: string, partition: number): PartitionState | undefined {
    return this.#partitions.get(topicPartitionKey(topic, partition));
  }

  subscribeToTopics(topics: readonly string[]): void {
    this.subscription = { kind: 'topics', topics: [...new Set(topics)].sort() };
  }

  /** The topics that match are known at the next `matchPattern`. */
  subscribeToPattern(pattern: RegExp): void {
    // A sticky or global expression would remember where the last match ended.
    const flags = pattern.flags.replaceAll(/[gy]/g, '');
    this.subscription = { kind: 'pattern', pattern: new RegExp(pattern.source, flags), topics: this.topics };
  }

  subscribeToServerPattern(expression: string): void {
    this.subscription = { kind: 'serverPattern', expression };
  }

  /** Brings a pattern subscription up to date with the topics that exist; true when it now names others. */
  matchPattern(existingTopics: Iterable<string>): boolean {
    const { subscription } = this;
    if (subscription.kind !== 'pattern') return false;
    const topics = [...existingTopics].filter((topic) => subscription.pattern.test(topic)).sort();
    if (sameTopics(topics, subscription.topics)) return false;
    this.subscription = { ...subscription, topics };
    return true;
  }

  /** Whether a topic that the group assigned is one that we asked for. */
  wants(topic: string): boolean {
    const { subscription } = this;
    if (subscription.kind === 'pattern') return subscription.pattern.test(topic);
    return subscription.kind === 'topics' && subscription.topics.includes(topic);
  }

  assignByUser(partitions: readonly TopicPartition[]): AssignmentChange {
    this.subscription = { kind: 'assigned' };
    return this.#assign(partitions);
  }

  /** Partitions that stay keep their position and what was fetched for them. */
  assignFromGroup(partitions: readonly TopicPartition[]): AssignmentChange {
    return this.#assign(partitions);
  }

  unsubscribe(): AssignmentChange {
    this.subscription = { kind: 'none' };
    return this.#assign([]);
  }

  /** Applies the reset policy to a partition without a valid offset; false when the policy is `none`. */
  resetByPolicy(state: PartitionState): boolean {
    if (this.resetPolicy === 'none') return false;
    state.requestReset(this.resetPolicy);
    return true;
  }

  #assign(partitions: readonly TopicPartition[]): AssignmentChange {
    const kept = new Set<string>();
    const added: TopicPartition[] = [];
    for (const { topic, partition } of partitions) {
      const key = topicPartitionKey(topic, partition);
      kept.add(key);
      if (this.#partitions.has(key)) continue;
      this.#partitions.set(key, new PartitionState(topic, partition));
      added.push({ topic, partition });
    }
    const removed: TopicPartition[] = [];
    for (const [key, state] of this.#partitions) {
      if (kept.has(key)) continue;
      state.leave();
      this.#partitions.delete(key);
      removed.push({ topic: state.topic, partition: state.partition });
    }
    this.#list = [...this.#partitions.values()];
    return { added, removed };
  }
}

function sameTopics(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((topic, index) => topic === right[index]);
}
