import type { Consumer } from '../../../src/client/consumer.js';
import type { ConsumerOptions } from '../../../src/client/consumer/consumer-options.js';
import type { Kafka } from '../../../src/client/kafka.js';
import { startBrokerThread } from '../../../src/composition/broker-thread.js';
import type { RunningBroker } from '../../../src/composition/create-broker.js';
import { createKafka } from '../../../src/composition/create-kafka.js';
import { pollUntil } from '../../support/consuming.js';

jest.setTimeout(60_000);

/** Nothing else runs in this thread meanwhile: no timer, no socket. */
function block(forMs: number): void {
  const untilMs = performance.now() + forMs;
  while (performance.now() < untilMs) Math.sqrt(untilMs);
}

describe('a blocked event loop, with the broker in a thread of its own', () => {
  let broker: RunningBroker;
  let kafka: Kafka;

  beforeAll(async () => {
    broker = await startBrokerThread({
      config: {
        groupInitialRebalanceDelayMs: 0,
        groupMinSessionTimeoutMs: 1000,
        groupConsumerSessionTimeoutMs: 3000,
        groupConsumerHeartbeatIntervalMs: 750,
      },
    });
    kafka = createKafka({ bootstrapServers: broker.bootstrapServers });
    (await kafka.admin().createTopics([{ name: 't', numPartitions: 2, replicationFactor: 1 }])).orThrow();
  });
  afterAll(async () => {
    await kafka.close();
    await broker.close();
  });

  const protocols: readonly (readonly [string, ConsumerOptions])[] = [
    ['classic', { sessionTimeoutMs: 3000, heartbeatIntervalMs: 750 }],
    ['consumer', { groupProtocol: 'consumer' }],
  ];

  /** A member of each protocol, in groups of their own. */
  function members(test: string): Promise<readonly [Consumer, string[]][]> {
    return Promise.all(
      protocols.map(async ([protocol, options]) => {
        const events: string[] = [];
        return [await joined(`${protocol}-${test}`, options, events), events] as [Consumer, string[]];
      }),
    );
  }

  async function joined(groupId: string, options: ConsumerOptions, events: string[]): Promise<Consumer> {
    const consumer = kafka.consumer({ groupId, autoOffsetReset: 'earliest', ...options });
    consumer.subscribe({
      topics: ['t'],
      listener: {
        onPartitionsAssigned: (partitions) => void events.push(`+${partitions.length}`),
        onPartitionsRevoked: (partitions) => void events.push(`-${partitions.length}`),
        onPartitionsLost: (partitions) => void events.push(`lost ${partitions.length}`),
      },
    });
    await pollUntil(consumer, () => events.includes('+2'));
    return consumer;
  }

  test('for less than the session it costs nothing, in either protocol', async () => {
    const all = await members('short');
    const before = all.map(([consumer]) => consumer.groupMetadata());
    block(2000);
    // Longer than the rest of the session: heartbeats must have gone out again.
    await Promise.all(all.map(([consumer]) => consumer.poll(1500)));
    await Promise.all(all.map(([consumer]) => consumer.commit()));
    expect(all.map(([consumer]) => consumer.groupMetadata())).toEqual(before);
    for (const [, events] of all) expect(events).toEqual(['+2']);
    await Promise.all(all.map(([consumer]) => consumer.close()));
  });

  test('for longer than the session the partitions are lost, and taken again by polls', async () => {
    const all = await members('long');
    block(5000);
    await Promise.all(all.map(([consumer, events]) => pollUntil(consumer, () => events.length >= 3)));
    for (const [, events] of all) expect(events).toEqual(['+2', 'lost 2', '+2']);
    await Promise.all(all.map(([consumer]) => consumer.close()));
  });
});
