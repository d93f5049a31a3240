import { Controller, Injectable, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { EmbeddedKafka, KafkaTestingModule, waitForAssignment } from '@ottla/testing';
import {
  DefaultErrorHandler,
  fixedBackOff,
  Header,
  KafkaListener,
  KafkaListenerEndpointRegistry,
  KafkaModule,
  KafkaTemplate,
  Key,
  Offset,
  Partition,
  Payload,
  type KafkaModuleOptions,
} from '../../src/index.js';
import { collectLog } from '../logged-lines.js';
import { createGate, Journal, type Gate } from '../signals.js';

let embedded: EmbeddedKafka;
let app: INestApplicationContext | undefined;
let lines: string[];

beforeAll(async () => {
  embedded = await EmbeddedKafka.start({ partitions: 2 });
});
afterAll(() => embedded.close());
beforeEach(() => {
  lines = collectLog();
});
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function start(
  controller: Type<unknown>,
  options: KafkaModuleOptions = {},
): Promise<INestApplicationContext> {
  @Module({
    controllers: [controller],
    imports: [KafkaModule.forRoot(options), KafkaTestingModule.forRoot({ embedded })],
  })
  class AppModule {}
  app = await Test.createTestingModule({ imports: [AppModule] })
    .setLogger(false as never)
    .compile();
  lines = collectLog();
  await app.init();
  return app;
}

async function committed(groupId: string, topic: string, partition: number): Promise<number | null> {
  const kafka = embedded.kafka();
  const offsets = await kafka.admin().fetchOffsets(groupId, [{ topic, partition }]);
  await kafka.close();
  return offsets.values.get(`${topic}-${partition}`)?.offset ?? null;
}

async function untilCommitted(
  groupId: string,
  topic: string,
  partition: number,
  offset: number,
): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await committed(groupId, topic, partition)) === offset) {
      return;
    }
  }
  throw new Error(
    `${groupId} has committed ${await committed(groupId, topic, partition)} of ${topic}-${partition}, not ${offset}`,
  );
}

describe('KafkaTemplate', () => {
  test('send takes topic and value, topic, key and value, or a record, and resolves with the metadata', async () => {
    await embedded.createTopics('sends');
    @Controller()
    class None {}
    const template = (await start(None)).get(KafkaTemplate);
    expect(await template.send('sends', { a: 1 })).toMatchObject({ topic: 'sends', offset: 0 });
    const keyed = await template.send('sends', 'key', { a: 2 });
    expect(keyed).toMatchObject({ topic: 'sends', serializedKeySize: 3, serializedValueSize: 7 });
    expect(
      await template.send({ topic: 'sends', partition: 1, key: 'k', value: 'text', headers: { trace: 'x' } }),
    ).toMatchObject({ topic: 'sends', partition: 1 });
    expect(await template.sendMany([{ topic: 'sends', partition: 0, value: null }])).toHaveLength(1);
    await template.flush();
    const records = await embedded.probe('sends').take(4);
    expect(records.map(({ value }) => value)).toEqual(
      expect.arrayContaining([{ a: 1 }, { a: 2 }, 'text', null]),
    );
  });

  test('a value that has no JSON is refused, not thrown', async () => {
    @Controller()
    class None {}
    const template = (await start(None)).get(KafkaTemplate);
    await expect(template.send('sends', { big: 1n })).rejects.toMatchObject({
      name: 'SerializationError',
      topic: 'sends',
    });
  });
});

describe('@KafkaListener on a running application', () => {
  test('a record reaches its method with key, header, partition and offset; tombstones are null', async () => {
    await embedded.createTopics('parts');
    const seen = new Journal<unknown>();
    @Controller()
    class Listener {
      @KafkaListener({ id: 'parts', topics: 'parts', fromBeginning: true })
      on(
        @Payload() value: unknown,
        @Key() key: string | null,
        @Header('h') h: string,
        @Partition() p: number,
        @Offset() o: number,
      ): void {
        seen.add([value, key, h, p, o]);
      }
    }
    const template = (await start(Listener)).get(KafkaTemplate);
    await template.send({ topic: 'parts', partition: 1, key: 'a', value: { n: 1 }, headers: { h: 'x' } });
    await template.send({ topic: 'parts', partition: 1, key: 'a', value: null });
    await seen.count(2);
    expect(seen.entries).toEqual([
      [{ n: 1 }, 'a', 'x', 1, 0],
      [null, 'a', undefined, 1, 1],
    ]);
  });

  test('several listeners on one method, providers as well as controllers, topics by pattern', async () => {
    await embedded.createTopics('logs-a', 'logs-b', 'other');
    const seen = new Journal<string>();
    @Injectable()
    class Provided {
      @KafkaListener({ id: 'by-name', topics: ['other'], fromBeginning: true })
      @KafkaListener({ id: 'by-pattern', topicPattern: /^logs-/, fromBeginning: true })
      on(value: string): void {
        seen.add(value);
      }
    }
    @Module({
      providers: [Provided],
      imports: [KafkaModule.forRoot(), KafkaTestingModule.forRoot({ embedded })],
    })
    class AppModule {}
    app = await Test.createTestingModule({ imports: [AppModule] }).compile();
    await app.init();
    const template = app.get(KafkaTemplate);
    await Promise.all(['logs-a', 'logs-b', 'other'].map((topic) => template.send(topic, topic)));
    await seen.count(3);
    expect([...seen.entries].sort()).toEqual(['logs-a', 'logs-b', 'other']);
  });

  test('concurrency shares the partitions among as many consumers', async () => {
    await embedded.createTopics('shared');
    const seen = new Journal<number>();
    @Controller()
    class Listener {
      @KafkaListener({
        id: 'shared',
        topics: 'shared',
        concurrency: 2,
        fromBeginning: true,
        clientIdPrefix: 'worker',
      })
      on(@Payload() value: number): void {
        seen.add(value);
      }
    }
    const running = await start(Listener);
    await waitForAssignment(running, 'shared', { partitions: 2 });
    const template = running.get(KafkaTemplate);
    await template.send({ topic: 'shared', partition: 0, value: 0 });
    await template.send({ topic: 'shared', partition: 1, value: 1 });
    await seen.count(2);
    expect(new Set(seen.entries)).toEqual(new Set([0, 1]));
  });

  test('the commit follows the promise: nothing is committed while the method runs', async () => {
    await embedded.createTopics('slow');
    const started = new Journal<number>();
    const gates: Gate[] = [createGate(), createGate()];
    @Controller()
    class Listener {
      @KafkaListener({ id: 'slow', topics: 'slow', ackMode: 'record', fromBeginning: true })
      async on(value: number): Promise<void> {
        started.add(value);
        await gates[value]!.opened;
      }
    }
    const template = (await start(Listener)).get(KafkaTemplate);
    await template.sendMany([0, 1].map((value) => ({ topic: 'slow', partition: 0, value })));
    await started.count(1);
    expect(await committed('slow', 'slow', 0)).toBeNull();
    gates[0]!.open();
    await started.count(2);
    await untilCommitted('slow', 'slow', 0, 1);
    expect(started.entries).toEqual([0, 1]);
    gates[1]!.open();
    await untilCommitted('slow', 'slow', 0, 2);
  });

  test('bad JSON: one line names the record, it is skipped and committed, the next one is handled', async () => {
    await embedded.createTopics('poison');
    const seen = new Journal<unknown>();
    @Controller()
    class Listener {
      @KafkaListener({ id: 'poison', topics: 'poison', fromBeginning: true })
      on(value: unknown): void {
        seen.add(value);
      }
    }
    const template = (await start(Listener)).get(KafkaTemplate);
    await template.send({ topic: 'poison', partition: 0, value: Buffer.from('{"id": oops') });
    await template.send({ topic: 'poison', partition: 0, value: { id: 2 } });
    await seen.count(1);
    expect(seen.entries).toEqual([{ id: 2 }]);
    await untilCommitted('poison', 'poison', 0, 2);
    const errors = lines.filter((line) => /^(error|warn)/.test(line));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(
      /^error Record poison-0@0 of listener poison .*is skipped: SerializationError: Cannot read the value.*not JSON/,
    );
  });

  test('a failing record is retried in its place; its partition waits, the other flows', async () => {
    await embedded.createTopics('retries');
    const seen = new Journal<string>();
    let failures = 2;
    @Controller()
    class Listener {
      @KafkaListener({
        id: 'retries',
        topics: 'retries',
        fromBeginning: true,
        errorHandler: new DefaultErrorHandler({ backOff: fixedBackOff({ intervalMs: 150, maxRetries: 5 }) }),
      })
      on(@Payload() value: string, @Partition() partition: number): void {
        seen.add(`${partition} ${value}`);
        if (value === 'bad' && failures-- > 0) {
          throw new Error('not yet');
        }
      }
    }
    const running = await start(Listener);
    await waitForAssignment(running, 'retries', { partitions: 2 });
    const template = running.get(KafkaTemplate);
    await template.sendMany(['bad', 'after'].map((value) => ({ topic: 'retries', partition: 0, value })));
    await seen.until((entries) => entries.includes('0 bad'));
    await template.send({ topic: 'retries', partition: 1, value: 'other' });
    await seen.until((entries) => entries.includes('0 after'));
    expect(seen.entries.filter((entry) => entry.startsWith('0'))).toEqual([
      '0 bad',
      '0 bad',
      '0 bad',
      '0 after',
    ]);
    expect(seen.entries.indexOf('1 other')).toBeLessThan(seen.entries.lastIndexOf('0 bad'));
    await untilCommitted('retries', 'retries', 0, 2);
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
      'warn Record retries-0@0 of listener retries (group retries) failed, trying again in 150 ms: Error: not yet',
    ]);
  });

  test('retries are bounded; then the record goes to the recoverer and the listener goes on', async () => {
    await embedded.createTopics('given-up');
    const seen = new Journal<string>();
    const recovered = new Journal<string>();
    @Controller()
    class Listener {
      @KafkaListener({
        id: 'given-up',
        topics: 'given-up',
        fromBeginning: true,
        errorHandler: new DefaultErrorHandler({
          backOff: fixedBackOff({ intervalMs: 1, maxRetries: 2 }),
          recoverer: ({ record, rawValue, attempt }) =>
            recovered.add(`${record.offset} ${rawValue?.toString()} ${attempt}`),
        }),
      })
      on(value: string): void {
        seen.add(value);
        if (value === 'bad') {
          throw new Error('never');
        }
      }
    }
    const template = (await start(Listener)).get(KafkaTemplate);
    await template.sendMany(['bad', 'good'].map((value) => ({ topic: 'given-up', partition: 0, value })));
    await seen.until((entries) => entries.includes('good'));
    expect(seen.entries).toEqual(['bad', 'bad', 'bad', 'good']);
    expect(recovered.entries).toEqual(['0 "bad" 3']);
  });

  test('an error handler that throws does not stop the listener', async () => {
    await embedded.createTopics('broken-handler');
    const seen = new Journal<string>();
    let failures = 1;
    @Controller()
    class Listener {
      @KafkaListener({
        id: 'broken-handler',
        topics: 'broken-handler',
        fromBeginning: true,
        errorHandler: {
          handle: () => {
            throw new Error('handler');
          },
        },
      })
      on(value: string): void {
        seen.add(value);
        if (failures-- > 0) {
          throw new Error('once');
        }
      }
    }
    const template = (await start(Listener)).get(KafkaTemplate);
    await template.send('broken-handler', 'x');
    await seen.count(2);
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([
      expect.stringMatching(
        /The error handler of listener broken-handler failed on broken-handler-\d@0.*Error: handler/,
      ),
    ]);
  });
});

describe('KafkaListenerEndpointRegistry', () => {
  test('starts what does not start by itself, pauses, resumes and stops', async () => {
    await embedded.createTopics('controlled');
    const seen = new Journal<number>();
    @Controller()
    class Listener {
      @KafkaListener({ id: 'controlled', topics: 'controlled', autoStartup: false, fromBeginning: true })
      on(value: number): void {
        seen.add(value);
      }
    }
    const running = await start(Listener);
    const registry = running.get(KafkaListenerEndpointRegistry);
    const container = registry.get('controlled');
    expect(container.state).toBe('stopped');
    container.start();
    await container.assigned({ partitions: 2 });
    expect(container.state).toBe('running');
    expect(container.assignment()).toHaveLength(2);
    const template = running.get(KafkaTemplate);
    await template.send('controlled', 1);
    await seen.count(1);

    container.pause();
    expect(container.pauseRequested).toBe(true);
    await template.send('controlled', 2);
    container.resume();
    await seen.count(2);

    await container.stop();
    expect(container.state).toBe('stopped');
    expect(container.assignment()).toEqual([]);
    await template.send('controlled', 3);
    container.start();
    await seen.count(3);
    expect(seen.entries).toEqual([1, 2, 3]);
  });
});

describe('listeners that cannot be', () => {
  const refused: [string, Type<unknown>, RegExp][] = [];
  @Controller()
  class NoGroup {
    @KafkaListener({ topics: 't' })
    on(): void {}
  }
  refused.push(['no group', NoGroup, /@KafkaListener on NoGroup.on: it has no consumer group/]);
  @Controller()
  class NoTopics {
    @KafkaListener({ id: 'x' })
    on(): void {}
  }
  refused.push(['no topics', NoTopics, /NoTopics.on: give either topics or topicPattern/]);
  @Controller()
  class TwiceTheSame {
    @KafkaListener({ id: 'x', topics: 'a' })
    @KafkaListener({ id: 'x', topics: 'b' })
    on(): void {}
  }
  refused.push(['one id twice', TwiceTheSame, /two listeners have the id x/]);
  @Controller()
  class NoConsumers {
    @KafkaListener({ id: 'x', topics: 'a', concurrency: 0 })
    on(): void {}
  }
  refused.push(['no consumers', NoConsumers, /concurrency is 0/]);
  @Injectable({ scope: 2 })
  class PerRequest {}
  @Controller()
  class Scoped {
    constructor(readonly dependency: PerRequest) {}
    @KafkaListener({ id: 'x', topics: 'a' })
    on(): void {}
  }
  refused.push(['request-scoped', Scoped, /Scoped.on: its class is request-scoped or transient/]);
  @Controller()
  class NoSuchHandler {
    @KafkaListener({ id: 'x', topics: 'a', errorHandler: 'MISSING' })
    on(): void {}
  }
  refused.push(['unknown error handler', NoSuchHandler, /NoSuchHandler.on: .*MISSING/]);

  test.each(refused)('%s', async (_, controller, message) => {
    @Module({
      controllers: [controller],
      providers: [PerRequest],
      imports: [KafkaModule.forRoot(), KafkaTestingModule.forRoot({ embedded })],
    })
    class AppModule {}
    app = await Test.createTestingModule({ imports: [AppModule] }).compile();
    await expect(app.init()).rejects.toThrow(message);
    // Nest 11 does not close what failed to start.
    await app.close().catch(() => undefined);
    app = undefined;
  });
});
