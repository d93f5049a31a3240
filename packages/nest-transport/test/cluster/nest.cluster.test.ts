// Nest on any cluster: our own broker in memory, or the one that OTTLA_TEST_BOOTSTRAP_SERVERS names.
import { randomUUID } from 'node:crypto';

import { Controller, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createKafka, type CreateKafkaOptions } from '@ottla/core';
import { EmbeddedKafka, KafkaTestingModule, waitForAssignment } from '@ottla/testing';
import { map, take, tap, toArray, firstValueFrom } from 'rxjs';
import {
  DefaultErrorHandler,
  fixedBackOff,
  Header,
  KafkaListener,
  KafkaModule,
  KafkaReceiver,
  KafkaTemplate,
  Key,
  Offset,
  Partition,
  Payload,
  Timestamp,
  Topic,
} from '../../src/index.js';
import { collectLog } from '../logged-lines.js';
import { createGate, Journal } from '../signals.js';

const external = process.env['OTTLA_TEST_BOOTSTRAP_SERVERS'] || undefined;
let embedded: EmbeddedKafka | undefined;
let clientOptions: CreateKafkaOptions;
let app: INestApplicationContext | undefined;

beforeAll(async () => {
  if (external === undefined) {
    embedded = await EmbeddedKafka.start();
    clientOptions = embedded.clientOptions();
  } else {
    clientOptions = { bootstrapServers: external };
  }
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});
afterAll(() => embedded?.close());

/** A name that no other test, and no earlier run, has used. */
function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

/** Starts an application whose module creates the topic with two partitions. */
async function start(topic: string, controllers: Type<unknown>[] = []): Promise<INestApplicationContext> {
  const kafka = KafkaModule.forRoot({
    bootstrapServers: external,
    topics: [{ name: topic, numPartitions: 2, replicationFactor: 1 }],
  });
  @Module({
    controllers,
    imports: embedded === undefined ? [kafka] : [kafka, KafkaTestingModule.forRoot({ embedded })],
  })
  class AppModule {}
  app = await Test.createTestingModule({ imports: [AppModule] }).compile();
  collectLog();
  await app.init();
  return app;
}

async function committed(groupId: string, topic: string, partition = 0): Promise<number | null> {
  const kafka = createKafka(clientOptions);
  try {
    const offsets = await kafka.admin().fetchOffsets(groupId, [{ topic, partition }]);
    return offsets.values.get(`${topic}-${partition}`)?.offset ?? null;
  } finally {
    await kafka.close();
  }
}

test('every form of send resolves with where the record lies', async () => {
  const topic = uniqueName('sends');
  const template = (await start(topic)).get(KafkaTemplate);
  expect(await template.send({ topic, partition: 1, value: { n: 1 } })).toMatchObject({
    topic,
    partition: 1,
    offset: 0,
  });
  const first = await template.send(topic, 'ada', { n: 2 });
  const second = await template.send(topic, 'ada', { n: 3 });
  expect(second.partition).toBe(first.partition);
  expect(second.offset).toBe(first.offset + 1);
  expect(await template.send(topic, { n: 4 })).toMatchObject({ topic, serializedValueSize: 7 });
  expect(await template.sendMany([{ topic, value: null }])).toHaveLength(1);
});

test('a record reaches its method in parts, in order within its partition', async () => {
  const topic = uniqueName('parts');
  const seen = new Journal<unknown[]>();
  @Controller()
  class Listener {
    @KafkaListener({ id: topic, topics: topic, concurrency: 2, fromBeginning: true })
    on(
      @Payload() value: unknown,
      @Key() key: string | null,
      @Header('trace') trace: string | undefined,
      @Topic() from: string,
      @Partition() partition: number,
      @Offset() offset: number,
      @Timestamp() timestamp: number,
    ): void {
      seen.add([value, key, trace, from, partition, offset, timestamp > 0]);
    }
  }
  const running = await start(topic, [Listener]);
  await waitForAssignment(running, topic, { partitions: 2 });
  const template = running.get(KafkaTemplate);
  const values = Array.from({ length: 100 }, (_, n) => ({ n }));
  await template.sendMany(
    values.map((value) => ({ topic, partition: 1, key: 'k', value, headers: { trace: 't' } })),
  );
  await template.send({ topic, partition: 0, value: null });
  await seen.count(101);
  expect(seen.entries.filter((entry) => entry[4] === 1)).toEqual(
    values.map((value, offset) => [value, 'k', 't', topic, 1, offset, true]),
  );
  expect(seen.entries.filter((entry) => entry[4] === 0)).toEqual([
    [null, null, undefined, topic, 0, 0, true],
  ]);
});

test('nothing is committed before the method has finished; closing drains, then commits', async () => {
  const topic = uniqueName('drains');
  const started = new Journal<number>();
  const gate = createGate();
  let finished = 0;
  @Controller()
  class Listener {
    @KafkaListener({ id: topic, topics: topic, fromBeginning: true })
    async on(value: number): Promise<void> {
      started.add(value);
      await gate.opened;
      finished += 1;
    }
  }
  const running = await start(topic, [Listener]);
  await running.get(KafkaTemplate).send({ topic, partition: 0, value: 1 });
  await started.count(1);
  expect(await committed(topic, topic)).toBeNull();
  const closing = running.close();
  app = undefined;
  gate.open();
  await closing;
  expect(finished).toBe(1);
  expect(await committed(topic, topic)).toBe(1);
});

test('a failing record is tried again in its place, then given up, and the next one is handled', async () => {
  const topic = uniqueName('retries');
  const seen = new Journal<string>();
  const recovered = new Journal<number>();
  @Controller()
  class Listener {
    @KafkaListener({
      id: topic,
      topics: topic,
      fromBeginning: true,
      errorHandler: new DefaultErrorHandler({
        backOff: fixedBackOff({ intervalMs: 1, maxRetries: 2 }),
        recoverer: ({ record }) => recovered.add(record.offset),
      }),
    })
    on(value: string): void {
      seen.add(value);
      if (value === 'bad') throw new Error('never');
    }
  }
  const template = (await start(topic, [Listener])).get(KafkaTemplate);
  await template.sendMany(['bad', 'good'].map((value) => ({ topic, partition: 0, value })));
  await seen.until((entries) => entries.includes('good'));
  expect(seen.entries).toEqual(['bad', 'bad', 'bad', 'good']);
  expect(recovered.entries).toEqual([0]);
});

test('a stream of records commits what was acked', async () => {
  const topic = uniqueName('stream');
  const running = await start(topic);
  const receiver = running.get(KafkaReceiver);
  await running.get(KafkaTemplate).sendMany([1, 2, 3].map((value) => ({ topic, partition: 0, value })));
  const values = await firstValueFrom(
    receiver.receive<string, number>({ topics: topic, groupId: topic, autoOffsetReset: 'earliest' }).pipe(
      tap((record) => record.ack()),
      map(({ value }) => value),
      take(3),
      toArray(),
    ),
  );
  expect(values).toEqual([1, 2, 3]);
  await receiver.closed();
  expect(await committed(topic, topic)).toBe(3);
});
