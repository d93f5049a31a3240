// Transactions while brokers go away and come back.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createBroker, createKafka, type RunningBroker } from '@ottla/core';
import { KafkaListener, KafkaModule, KafkaTemplate, type KafkaModuleOptions } from '../src/index.js';
import { collectLog } from './logged-lines.js';
import { createGate, Journal } from './signals.js';

const silent = { log: () => undefined };

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function start(
  controller: Type<unknown>,
  options: KafkaModuleOptions,
): Promise<{ app: INestApplicationContext; lines: string[] }> {
  @Module({ controllers: [controller], imports: [KafkaModule.forRoot(options)] })
  class AppModule {}
  const app = await Test.createTestingModule({ imports: [AppModule] }).compile();
  const lines = collectLog();
  await app.init();
  return { app, lines };
}

describe('a broker that restarts while a transactional listener copies records', () => {
  test.each(['record', 'batch'] as const)(
    'ackMode %s: each record is in the copy exactly once, and in order',
    async (ackMode) => {
      const dataDirectory = await mkdtemp(join(tmpdir(), 'ottla-transactions-'));
      const listen = `127.0.0.1:${await freePort()}`;
      const startBroker = (): Promise<RunningBroker> =>
        createBroker({
          listen,
          dataDirectory,
          diagnostics: silent,
          config: { groupInitialRebalanceDelayMs: 0 },
        });
      let broker = await startBroker();
      const kafka = createKafka({ bootstrapServers: listen, diagnostics: silent });
      const values = Array.from({ length: 300 }, (_, value) => value);
      const copied = new Journal<number>();
      @Controller()
      class Copier {
        constructor(private readonly template: KafkaTemplate) {}

        @KafkaListener({
          id: 'copier',
          topics: 'original',
          fromBeginning: true,
          transactional: true,
          ackMode,
          consumerConfig: { maxPollRecords: 10 },
        })
        copy(value: number): void {
          void this.template.send('copy', value);
          copied.add(value);
        }
      }
      const { app } = await start(Copier, {
        bootstrapServers: listen,
        topics: ['original', 'copy'].map((name) => ({ name, numPartitions: 1 })),
        producer: { transactionIdPrefix: 'copier-' },
      });
      const producer = kafka.producer();
      await producer.sendMany(values.map((value) => ({ topic: 'original', value: String(value) })));
      for (const stopAt of [50, 150]) {
        await copied.until((entries) => entries.includes(stopAt), 30_000);
        await broker.close();
        broker = await startBroker();
      }
      const consumer = kafka.consumer<string, string>({
        isolationLevel: 'read_committed',
        autoOffsetReset: 'earliest',
      });
      consumer.assign([{ topic: 'copy', partition: 0 }]);
      const seen: number[] = [];
      while (seen.length < values.length) {
        for (const { value } of await consumer.poll({ timeoutMs: 1_000 })) seen.push(Number(value));
      }
      await app.close();
      for (const { value } of await consumer.poll({ timeoutMs: 200 })) seen.push(Number(value));
      expect(seen).toEqual(values);
      await kafka.close();
      await broker.close();
      await rm(dataDirectory, { recursive: true });
    },
    90_000,
  );
});

test('an application whose broker is away in the middle of a transaction closes in time', async () => {
  const listen = `127.0.0.1:${await freePort()}`;
  const broker = await createBroker({
    listen,
    diagnostics: silent,
    config: { groupInitialRebalanceDelayMs: 0 },
  });
  const begun = createGate();
  const gate = createGate();
  @Controller()
  class Listener {
    constructor(private readonly template: KafkaTemplate) {}

    @KafkaListener({ id: 'away', topics: 'away', fromBeginning: true, transactional: true })
    async on(value: number): Promise<void> {
      begun.open();
      await gate.opened;
      await this.template.send('out', value);
    }
  }
  const { app } = await start(Listener, {
    bootstrapServers: listen,
    topics: [{ name: 'away' }, { name: 'out' }],
    listener: { shutdownTimeoutMs: 1_000 },
    producer: { transactionIdPrefix: 'away-' },
    template: { allowNonTransactional: true },
  });
  await app.get(KafkaTemplate).send('away', 1);
  await begun.opened;
  await broker.close();
  gate.open();
  const begunMs = performance.now();
  await app.close();
  expect(performance.now() - begunMs).toBeLessThan(8_000);
}, 60_000);
