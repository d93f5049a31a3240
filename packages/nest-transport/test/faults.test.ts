import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createBroker, type RunningBroker } from '@ottla/core';
import { waitForAssignment } from '@ottla/testing';
import { KafkaListener, KafkaModule, KafkaTemplate, type KafkaModuleOptions } from '../src/index.js';
import { collectLog } from './logged-lines.js';
import { Journal } from './signals.js';

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

function problems(lines: readonly string[]): string[] {
  return lines.filter((line) => /^(warn|error)/.test(line));
}

describe('a broker that goes and comes back', () => {
  test('the listener goes on where it stood; few lines tell of it', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'ottla-faults-'));
    const listen = `127.0.0.1:${await freePort()}`;
    const startBroker = (): Promise<RunningBroker> =>
      createBroker({
        listen,
        dataDirectory,
        diagnostics: silent,
        config: { groupInitialRebalanceDelayMs: 0 },
      });
    let broker = await startBroker();
    const seen = new Journal<number>();
    @Controller()
    class Listener {
      @KafkaListener({ id: 'restarts', topics: 'restarts', fromBeginning: true })
      on(value: number): void {
        seen.add(value);
      }
    }
    const { app, lines } = await start(Listener, {
      bootstrapServers: listen,
      topics: [{ name: 'restarts', numPartitions: 1 }],
    });
    const template = app.get(KafkaTemplate);
    await template.send('restarts', 1);
    await seen.count(1);
    await broker.close();
    const duringOutage = template.send('restarts', 2);
    broker = await startBroker();
    await duringOutage;
    await template.send('restarts', 3);
    await seen.until((entries) => entries.includes(3), 20_000);
    expect([...new Set(seen.entries)]).toEqual([1, 2, 3]);
    expect(problems(lines).length).toBeLessThanOrEqual(4);
    await app.close();
    await broker.close();
    await rm(dataDirectory, { recursive: true });
  }, 40_000);

  test('an application that started before its broker works once it is there', async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const seen = new Journal<number>();
    @Controller()
    class Listener {
      @KafkaListener({ id: 'early', topics: 'early', fromBeginning: true })
      on(value: number): void {
        seen.add(value);
      }
    }
    const { app, lines } = await start(Listener, { bootstrapServers: listen });
    const sent = app.get(KafkaTemplate).send('early', 1);
    const broker = await createBroker({
      listen,
      diagnostics: silent,
      config: { groupInitialRebalanceDelayMs: 0 },
    });
    await sent;
    await waitForAssignment(app, 'early', { timeoutMs: 20_000 });
    await seen.count(1);
    expect(problems(lines).every((line) => line.includes(listen))).toBe(true);
    await app.close();
    await broker.close();
  }, 40_000);

  test('an application whose broker is away closes in time', async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const broker = await createBroker({
      listen,
      diagnostics: silent,
      config: { groupInitialRebalanceDelayMs: 0 },
    });
    const seen = new Journal<number>();
    @Controller()
    class Listener {
      @KafkaListener({ id: 'away', topics: 'away', fromBeginning: true })
      on(value: number): void {
        seen.add(value);
      }
    }
    const { app } = await start(Listener, {
      bootstrapServers: listen,
      listener: { shutdownTimeoutMs: 1_000 },
    });
    await app.get(KafkaTemplate).send('away', 1);
    await seen.count(1);
    await broker.close();
    const begunMs = performance.now();
    await app.close();
    expect(performance.now() - begunMs).toBeLessThan(8_000);
  }, 40_000);
});

describe('a wrong address', () => {
  test('creating topics there fails with one error that names it', async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const lines = collectLog();
    const module = Test.createTestingModule({
      imports: [
        KafkaModule.forRoot({
          bootstrapServers: listen,
          topics: [{ name: 't' }],
          admin: { defaultApiTimeoutMs: 500 },
        }),
      ],
    });
    await expect(module.compile()).rejects.toThrow(listen);
    expect(problems(lines).length).toBeLessThanOrEqual(1);
  });
});
