// Decides what a heartbeat of the consumer group protocol says: all when the coordinator may not know it, else what changed (C22).
import type { ConsumerGroupHeartbeatRequestInput } from '../../protocol/messages/68-consumer-group-heartbeat.js';
import { toWireAssignment, type TopicIdPartition } from './consumer-group-assignment.js';

/** What the member wants to read: topics by name, or those that the coordinator matches with a regular expression. */
export interface HeartbeatSubscription {
  readonly topics: readonly string[];
  /** In RE2 syntax; null for a subscription by name. */
  readonly regex: string | null;
}

export interface HeartbeatFieldsOptions {
  readonly rebalanceTimeoutMs: number;
  readonly serverAssignor: string | null;
  readonly rackId: string | null;
}

type SentFields = Pick<
  ConsumerGroupHeartbeatRequestInput,
  | 'rebalanceTimeoutMs'
  | 'rackId'
  | 'subscribedTopicNames'
  | 'subscribedTopicRegex'
  | 'serverAssignor'
  | 'topicPartitions'
>;

interface Known {
  readonly topics: string;
  readonly regex: string | null;
  /** Which reconciliation the owned partitions came from. */
  readonly reconciliations: number;
}

export class HeartbeatFields {
  readonly #options: HeartbeatFieldsOptions;
  /** What the coordinator knows once the heartbeat under way is answered; null: nothing for sure. */
  #known: Known | null = null;
  /** A coordinator that once had an expression of ours is told when it no longer counts. */
  #hadRegex = false;

  constructor(options: HeartbeatFieldsOptions) {
    this.#options = options;
  }

  /** Whether the next heartbeat has something to say that the last one did not. */
  isNews(subscription: HeartbeatSubscription, reconciliations: number): boolean {
    const known = this.#known;
    return (
      known === null ||
      known.topics !== textOf(subscription) ||
      known.regex !== subscription.regex ||
      known.reconciliations !== reconciliations
    );
  }

  /** A reply was lost, or the member is no longer known: the next heartbeat says all. */
  forget(): void {
    this.#known = null;
  }

  next(
    subscription: HeartbeatSubscription,
    owned: readonly TopicIdPartition[],
    reconciliations: number,
  ): SentFields {
    const known = this.#known;
    const topics = textOf(subscription);
    const { regex } = subscription;
    this.#known = { topics, regex, reconciliations };
    const sendRegex = regex !== null ? known?.regex !== regex : this.#hadRegex && known?.regex !== null;
    if (regex !== null) this.#hadRegex = true;
    const { rebalanceTimeoutMs, serverAssignor, rackId } = this.#options;
    return {
      rebalanceTimeoutMs: known === null ? rebalanceTimeoutMs : -1,
      rackId: known === null ? rackId : null,
      subscribedTopicNames: known?.topics === topics ? null : subscription.topics,
      subscribedTopicRegex: sendRegex ? (regex ?? '') : null,
      serverAssignor: known === null ? serverAssignor : null,
      topicPartitions: known?.reconciliations === reconciliations ? null : toWireAssignment(owned),
    };
  }
}

/** No topic name holds a line break. */
function textOf({ topics }: HeartbeatSubscription): string {
  return topics.join('\n');
}
