import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable, Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createKafka, deserializers } from '@ottla/core';
import { EmbeddedKafka } from '@ottla/testing';
import {
  DefaultKafkaConsumerFactory,
  DefaultKafkaProducerFactory,
  KafkaEngine,
  KafkaModule,
  KafkaModuleOptionsError,
  KafkaTemplate,
  type KafkaModuleOptions,
} from '../src/index.js';
import { collectLog } from './logged-lines.js';

async function start(module: DynamicModule): Promise<{ app: INestApplicationContext; lines: string[] }> {
  const lines = collectLog();
  const builder = Test.createTestingModule({ imports: [module] });
  builder.setLogger(
    new (class {
      log = (message: unknown) => void lines.push(`log ${String(message)}`);
      warn = (message: unknown) => void lines.push(`warn ${String(message)}`);
      error = (message: unknown) => void lines.push(`error ${String(message)}`);
    })(),
  );
  const app = await builder.compile();
  await app.init();
  return { app, lines };
}

describe('KafkaModule options', () => {
  const wrong: [string, KafkaModuleOptions, string][] = [
    ['an unknown option', { brokers: 'x' } as KafkaModuleOptions, 'brokers: there is no such option'],
    ['an empty bootstrapServers', { bootstrapServers: '' }, 'bootstrapServers: give host:port'],
    ['an empty list of them', { bootstrapServers: [] }, 'bootstrapServers: give host:port'],
    [
      'a directory for a broker that is not ours',
      { bootstrapServers: 'a:1', dataDirectory: '/x' },
      'dataDirectory: it is for the embedded broker',
    ],
    ['no consumers', { listener: { concurrency: 0 } }, 'listener.concurrency: it is 0'],
    ['an unknown ack mode', { listener: { ackMode: 'never' as 'batch' } }, 'listener.ackMode: it is never'],
    [
      'an empty transactionIdPrefix',
      { producer: { transactionIdPrefix: '' } },
      'producer.transactionIdPrefix: a text that is not empty',
    ],
    [
      'no transactional producers',
      { producer: { transactionIdPrefix: 'a', maxTransactionalProducers: 0 } },
      'producer.maxTransactionalProducers: it is 0',
    ],
    [
      'a wait that is no time',
      { producer: { producerWaitTimeoutMs: Number.NaN } },
      'producer.producerWaitTimeoutMs: it is NaN',
    ],
    ['a topic twice', { topics: [{ name: 'a' }, { name: 'a' }] }, 'topics: a is there twice'],
  ];
  test.each(wrong)('%s is refused by name', (_, options, message) => {
    expect(() => KafkaModule.forRoot(options)).toThrow(KafkaModuleOptionsError);
    expect(() => KafkaModule.forRoot(options)).toThrow(`KafkaModule option ${message}`);
  });

  test('forRootAsync checks what the factory returns', async () => {
    const module = KafkaModule.forRootAsync({ useFactory: () => ({ listener: { concurrency: -1 } }) });
    await expect(Test.createTestingModule({ imports: [module] }).compile()).rejects.toThrow(
      'listener.concurrency',
    );
  });
});

describe('with bootstrapServers', () => {
  test('forRootAsync connects to the cluster that an injected configuration names, and creates missing topics', async () => {
    const embedded = await EmbeddedKafka.start({ listen: true, topics: ['there'] });
    @Injectable()
    class Configuration {
      readonly servers = embedded.bootstrapServers;
    }
    @Module({ providers: [Configuration], exports: [Configuration] })
    class ConfigurationModule {}
    const { app } = await start(
      KafkaModule.forRootAsync({
        imports: [ConfigurationModule],
        inject: [Configuration],
        useFactory: (configuration: Configuration) => ({
          bootstrapServers: configuration.servers,
          topics: [
            { name: 'there', numPartitions: 1 },
            { name: 'made', numPartitions: 3 },
          ],
        }),
      }),
    );
    expect(app.get(KafkaEngine).bootstrapServers).toBe(embedded.bootstrapServers);
    expect(await app.get(KafkaTemplate).partitionsFor('made')).toHaveLength(3);
    await app.close();
    await embedded.close();
  });

  test('the factories are providers: producers and consumers of their own, with overrides', async () => {
    const embedded = await EmbeddedKafka.start({ listen: true, topics: ['raw'] });
    const { app } = await start(KafkaModule.forRoot({ bootstrapServers: [embedded.bootstrapServers] }));
    const producer = app.get(DefaultKafkaProducerFactory).createProducer({ acks: 1 });
    await producer.send({ topic: 'raw', key: 'k', value: { n: 1 } });
    await producer.close();
    const consumer = app
      .get(DefaultKafkaConsumerFactory)
      .createConsumer({ valueDeserializer: deserializers.string });
    consumer.assign([{ topic: 'raw', partition: 0 }]);
    consumer.seek({ topic: 'raw', partition: 0 }, 0);
    const records = await consumer.poll({ timeoutMs: 5_000 });
    expect([...records].map(({ key, value }) => [key, value])).toEqual([['k', '{"n":1}']]);
    await consumer.close();
    await app.close();
    await embedded.close();
  });
});

describe('without bootstrapServers', () => {
  test('starts a broker in a thread of its own, says so, and stops it with the application', async () => {
    const { app, lines } = await start(KafkaModule.forRoot());
    const { bootstrapServers } = app.get(KafkaEngine);
    expect(lines).toContain(
      `log No bootstrapServers given: started an embedded broker at ${bootstrapServers}, its log in memory`,
    );
    expect(await app.get(KafkaTemplate).send('auto-created', 'x')).toMatchObject({ offset: 0 });
    // Any Kafka client may use it.
    const other = createKafka({ bootstrapServers });
    expect(await other.producer().partitionsFor('auto-created')).toHaveLength(1);
    await other.close();
    await app.close();
  });

  test('keeps its log in the directory given', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'ottla-module-'));
    const offsets: number[] = [];
    for (const value of ['first', 'second']) {
      const { app, lines } = await start(KafkaModule.forRoot({ dataDirectory }));
      expect(lines.some((line) => line.endsWith(`its log in ${dataDirectory}`))).toBe(true);
      offsets.push((await app.get(KafkaTemplate).send('kept', value)).offset);
      await app.close();
    }
    expect(offsets).toEqual([0, 1]);
    await rm(dataDirectory, { recursive: true });
  });
});
