// Decides how a test's consumer of the KIP-848 protocol behaves: it keeps its epoch, gives partitions up when asked, and repeats itself.
import { ErrorCode } from '../../../src/protocol/errors.js';
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponseInput,
} from '../../../src/protocol/messages/68-consumer-group-heartbeat.js';
import type { Call, ReplayingContext } from './replaying-context.js';

export interface Subscription {
  readonly topics?: readonly string[];
  readonly regex?: string;
  readonly instanceId?: string;
  readonly assignor?: string;
}

type Response = ConsumerGroupHeartbeatResponseInput;

export class ConsumerClient {
  readonly context: ReplayingContext;
  memberId: string;
  epoch = 0;
  subscription: Subscription;
  /** Topic name and partition, as `t-0`; what the application reads right now. */
  owned: string[] = [];
  /** What the last assignment said. */
  assigned: string[] = [];
  /** The next request says everything, as after an error or a lost reply. */
  #saysAll = true;
  #reportedOwned: string | null = null;

  constructor(context: ReplayingContext, memberId: string, subscription: Subscription) {
    this.context = context;
    this.memberId = memberId;
    this.subscription = subscription;
  }

  /** Joins, or stays, and does what the reply asks; then reads what it may. */
  heartbeat(): Response {
    return this.take(this.send());
  }

  /** Heartbeats until nothing changes any more. */
  settle(): this {
    for (let round = 0; round < 10; round++) this.heartbeat();
    return this;
  }

  send(change: Partial<ConsumerGroupHeartbeatRequest> = {}): Call<Response> {
    return this.context.tryConsumerHeartbeat({ ...this.#request(), ...change });
  }

  /** The reply to `send`, had it arrived. */
  take(call: Call<Response>): Response {
    const { reply } = call;
    if (reply.errorCode !== ErrorCode.NONE) {
      this.#saysAll = true;
      if (
        reply.errorCode === ErrorCode.FENCED_MEMBER_EPOCH ||
        reply.errorCode === ErrorCode.UNKNOWN_MEMBER_ID
      )
        this.abandon();
      return reply;
    }
    this.#saysAll = false;
    this.epoch = reply.memberEpoch;
    if (reply.assignment !== null && reply.assignment !== undefined)
      this.assigned = namesOf(reply.assignment.topicPartitions, this.context);
    this.owned = this.assigned;
    return reply;
  }

  /** The reply never came: everything is said again. */
  lose(): void {
    this.#saysAll = true;
  }

  abandon(): void {
    this.epoch = 0;
    this.owned = [];
    this.assigned = [];
    this.#saysAll = true;
  }

  leave(epoch: -1 | -2 = -1): Response {
    this.owned = [];
    this.assigned = [];
    const call = this.context.tryConsumerHeartbeat({
      memberId: this.memberId,
      memberEpoch: epoch,
      instanceId: this.subscription.instanceId ?? null,
    });
    return call.reply;
  }

  #request(): Partial<ConsumerGroupHeartbeatRequest> {
    const { topics, regex, instanceId, assignor } = this.subscription;
    const joins = this.epoch === 0;
    const saysAll = this.#saysAll || joins;
    const ownedNow = this.owned.join();
    const ownedChanged = ownedNow !== this.#reportedOwned;
    this.#reportedOwned = ownedNow;
    return {
      memberId: this.memberId,
      memberEpoch: this.epoch,
      instanceId: instanceId ?? null,
      topicPartitions:
        saysAll || ownedChanged ? topicPartitionsOf(joins ? [] : this.owned, this.context) : null,
      ...(saysAll && {
        rebalanceTimeoutMs: 60_000,
        subscribedTopicNames: [...(topics ?? [])],
        subscribedTopicRegex: regex ?? '',
        serverAssignor: assignor ?? null,
      }),
    };
  }
}

type TopicPartitions = readonly { readonly topicId: string; readonly partitions: readonly number[] }[];

export function namesOf(topics: TopicPartitions, { topics: known }: ReplayingContext): string[] {
  return topics
    .flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => `${known.topicById(topicId)?.name ?? topicId}-${partition}`),
    )
    .sort();
}

export function topicPartitionsOf(
  names: readonly string[],
  { topics }: ReplayingContext,
): { topicId: string; partitions: number[] }[] {
  return names.flatMap((name) => {
    const split = name.lastIndexOf('-');
    const topicId = topics.topicByName(name.slice(0, split))?.topicId;
    return topicId === undefined ? [] : [{ topicId, partitions: [Number(name.slice(split + 1))] }];
  });
}
