// A consumer that notes what its listener is told, and waits until a group has settled.
import type { Consumer } from '../../src/client/consumer.js';
import type { ConsumerOptions } from '../../src/client/consumer/consumer-options.js';
import type { RebalanceListener } from '../../src/client/consumer/rebalance-listener.js';
import type { SubscriptionPattern } from '../../src/client/consumer/subscription-pattern.js';
import type { Kafka } from '../../src/client/kafka.js';
import { deserializers } from '../../src/client/serialization/serializers.js';
import type { TopicPartition } from '../../src/client/types.js';
import { names, pollUntil } from './consuming.js';

export class Member implements RebalanceListener {
  /** `+` for assigned, `-` for revoked, `lost`, each with the numbers of the partitions. */
  readonly events: string[] = [];
  readonly consumer: Consumer<string, string>;

  constructor(
    kafka: Kafka,
    options: ConsumerOptions<string, string>,
    what: { topics: string[] } | { pattern: RegExp | SubscriptionPattern },
  ) {
    this.consumer = kafka.consumer<string, string>({
      keyDeserializer: deserializers.string,
      valueDeserializer: deserializers.string,
      autoOffsetReset: 'earliest',
      ...options,
    });
    this.consumer.subscribe({ ...what, listener: this });
  }

  /** Without the calls for nothing, which come when a topic is so new that not every broker knows it. */
  get moves(): string[] {
    return this.events.filter((event) => event !== '+');
  }

  get owned(): string[] {
    return names(this.consumer.assignment());
  }

  async onPartitionsAssigned(partitions: readonly TopicPartition[]): Promise<void> {
    await Promise.resolve();
    this.events.push(`+${numbers(partitions)}`);
  }

  async onPartitionsRevoked(partitions: readonly TopicPartition[]): Promise<void> {
    await Promise.resolve();
    this.events.push(`-${numbers(partitions)}`);
  }

  onPartitionsLost(partitions: readonly TopicPartition[]): void {
    this.events.push(`lost ${numbers(partitions)}`);
  }
}

function numbers(partitions: readonly TopicPartition[]): string {
  return names(partitions)
    .map((name) => name.slice(name.lastIndexOf('-') + 1))
    .join(',');
}

export function consumersOf(members: readonly Member[]): Consumer<string, string>[] {
  return members.map(({ consumer }) => consumer);
}

/** Polls all members until together they hold `count` partitions, each once, and each member as many as is said. */
export async function settle(
  members: readonly Member[],
  partitionsEach: readonly number[],
  count: number,
): Promise<void> {
  await pollUntil(consumersOf(members), () => {
    const held = members.map(({ owned }) => owned.length);
    const all = new Set(members.flatMap(({ owned }) => owned));
    return (
      all.size === count &&
      held.reduce((sum, one) => sum + one, 0) === count &&
      held.join() === partitionsEach.join()
    );
  });
}

/** Sends `v0`, `v1` … to the partitions in turn. */
export async function produce(
  kafka: Kafka,
  topic: string,
  count: number,
  numPartitions: number,
): Promise<void> {
  const producer = kafka.producer();
  const records = Array.from({ length: count }, (_, index) => ({
    topic,
    value: `v${index}`,
    partition: index % numPartitions,
  }));
  await producer.sendMany(records);
  await producer.close();
}
