// A cluster for Nest tests: our own broker in memory, or the one that OTTLA_TEST_BOOTSTRAP_SERVERS names; and what lies on it.
import { randomUUID } from 'node:crypto';
import { Module, type INestApplicationContext, type Provider, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createKafka, type IsolationLevel, type Kafka, type NewTopic } from '@ottla/core';
import { EmbeddedKafka, KafkaTestingModule } from '@ottla/testing';
import { KafkaModule, type KafkaModuleOptions } from '../../src/index.js';
import { collectLog } from '../logged-lines.js';

export interface TestApplication {
  readonly controllers?: Type<unknown>[];
  readonly providers?: Provider[];
  readonly kafka?: Omit<KafkaModuleOptions, 'bootstrapServers'>;
}

/** A name that no other test, and no earlier run, has used. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

export class NestCluster {
  readonly #apps = new Set<INestApplicationContext>();
  /** What the last application logged. */
  lines: string[] = [];

  private constructor(
    /** Clients beside those of the applications. */
    readonly kafka: Kafka,
    private readonly embedded: EmbeddedKafka | null,
    private readonly bootstrapServers: string | undefined,
  ) {}

  static async start(): Promise<NestCluster> {
    const bootstrapServers = process.env['OTTLA_TEST_BOOTSTRAP_SERVERS'] || undefined;
    if (bootstrapServers !== undefined) {
      return new NestCluster(createKafka({ bootstrapServers }), null, bootstrapServers);
    }
    const embedded = await EmbeddedKafka.start();
    return new NestCluster(createKafka(embedded.clientOptions()), embedded, undefined);
  }

  /** A topic of its own, with leaders. */
  async topic(prefix: string, numPartitions = 1, more: Partial<NewTopic> = {}): Promise<string> {
    const name = more.name ?? uniqueName(prefix);
    const admin = this.kafka.admin();
    (await admin.createTopics([{ name, numPartitions, replicationFactor: 1, ...more }])).orThrow();
    const producer = this.kafka.producer();
    await producer.partitionsFor(name);
    await producer.close();
    await admin.close();
    return name;
  }

  async application(parts: TestApplication): Promise<INestApplicationContext> {
    const kafka = KafkaModule.forRoot({ ...parts.kafka, bootstrapServers: this.bootstrapServers });
    @Module({
      controllers: parts.controllers ?? [],
      providers: parts.providers ?? [],
      imports:
        this.embedded === null ? [kafka] : [kafka, KafkaTestingModule.forRoot({ embedded: this.embedded })],
    })
    class AppModule {}
    const app = await Test.createTestingModule({ imports: [AppModule] }).compile();
    // A test module sets the logger when it is compiled.
    this.lines = collectLog();
    try {
      await app.init();
    } catch (error) {
      // Nest 11 tells of the same error again.
      await app.close().catch(() => undefined);
      throw error;
    }
    this.#apps.add(app);
    return app;
  }

  async closeApplications(): Promise<void> {
    const apps = [...this.#apps];
    this.#apps.clear();
    await Promise.all(apps.map((app) => app.close()));
  }

  async close(): Promise<void> {
    await this.closeApplications();
    await this.kafka.close();
    await this.embedded?.close();
  }

  async send(topic: string, values: readonly unknown[], partition = 0): Promise<void> {
    const producer = this.kafka.producer();
    await producer.sendMany(values.map((value) => ({ topic, partition, value: JSON.stringify(value) })));
    await producer.close();
  }

  /** The values up to the end that a consumer of that isolation is told of; null for a tombstone. */
  async values(
    topic: string,
    isolationLevel: IsolationLevel = 'read_committed',
    partition = 0,
  ): Promise<unknown[]> {
    const { records } = await this.records(topic, isolationLevel, partition);
    return records.map(({ value }) => value);
  }

  /** The records up to that end, and the end. */
  async records(
    topic: string,
    isolationLevel: IsolationLevel = 'read_committed',
    partition = 0,
  ): Promise<{ records: { value: unknown; headers: Map<string, string> }[]; end: number }> {
    const consumer = this.kafka.consumer<string, string>({ isolationLevel, autoOffsetReset: 'earliest' });
    const where = { topic, partition };
    try {
      consumer.assign([where]);
      const end = (await consumer.endOffsets([where]))[0]?.offset ?? 0;
      const records: { value: unknown; headers: Map<string, string> }[] = [];
      while ((await consumer.position(where)) < end) {
        for (const { value, headers } of await consumer.poll({ timeoutMs: 500 })) {
          const texts = headers.toArray().map(({ key, value: bytes }) => [key, String(bytes)] as const);
          records.push({
            value: value === null ? null : JSON.parse(String(value)),
            headers: new Map(texts),
          });
        }
      }
      return { records, end };
    } finally {
      await consumer.close();
    }
  }

  /** Resolves when a consumer of that isolation sees at least that many records. */
  async seen(topic: string, count: number, partition = 0): Promise<unknown[]> {
    const deadlineMs = Date.now() + 20_000;
    for (;;) {
      const values = await this.values(topic, 'read_committed', partition);
      if (values.length >= count) {
        return values;
      }
      if (Date.now() > deadlineMs) {
        throw new Error(`${topic}-${partition} has only ${JSON.stringify(values)}`);
      }
    }
  }

  /** What the group has committed; waits for transactions with its offsets that are ending. */
  async committed(groupId: string, topic: string, partition = 0): Promise<number | null> {
    const consumer = this.kafka.consumer({ groupId, isolationLevel: 'read_committed' });
    try {
      return (await consumer.committed([{ topic, partition }]))[0]?.offset ?? null;
    } finally {
      await consumer.close();
    }
  }
}
