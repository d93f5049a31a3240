import { Controller, Injectable, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { EmbeddedKafka, KafkaTestingModule } from '@ottla/testing';
import { KafkaListener, KafkaModule, KafkaTemplate, type KafkaModuleOptions } from '../../src/index.js';
import { collectLog } from '../logged-lines.js';
import { createGate, Journal } from '../signals.js';

let embedded: EmbeddedKafka;
beforeAll(async () => {
  embedded = await EmbeddedKafka.start({ topics: ['work', 'late', 'farewell', 'stuck'] });
});
afterAll(() => embedded.close());

async function start(
  providers: Type<unknown>[],
  options: KafkaModuleOptions = {},
): Promise<INestApplicationContext> {
  @Module({ imports: [KafkaModule.forRoot(options), KafkaTestingModule.forRoot({ embedded })], providers })
  class AppModule {}
  const app = await Test.createTestingModule({ imports: [AppModule] }).compile();
  collectLog();
  return app.init();
}

describe('shutdown', () => {
  test('listeners drain before any onModuleDestroy runs, and what they finished is committed', async () => {
    const journal = new Journal<string>();
    const gate = createGate();
    @Injectable()
    class Database {
      onModuleDestroy(): void {
        journal.add('database closed');
      }
    }
    @Controller()
    class Worker {
      constructor(readonly database: Database) {}
      @KafkaListener({ id: 'work', topics: 'work', fromBeginning: true })
      async on(value: number): Promise<void> {
        journal.add(`begin ${value}`);
        await gate.opened;
        journal.add(`end ${value}`);
      }
      onModuleDestroy(): void {
        journal.add('worker destroyed');
      }
    }
    const app = await start([Database, Worker]);
    await app.get(KafkaTemplate).sendMany([1, 2].map((value) => ({ topic: 'work', partition: 0, value })));
    await journal.until((entries) => entries.includes('begin 1'));
    const closed = app.close();
    gate.open();
    await closed;
    const handled = journal.entries.filter((entry) => entry.startsWith('end')).length;
    expect(journal.entries.slice(0, handled * 2)).toEqual(
      ['begin 1', 'end 1', 'begin 2', 'end 2'].slice(0, handled * 2),
    );
    expect(journal.entries.slice(handled * 2).sort()).toEqual(['database closed', 'worker destroyed']);

    const committed = await embedded
      .kafka()
      .admin()
      .fetchOffsets('work', [{ topic: 'work', partition: 0 }]);
    expect(committed.values.get('work-0')?.offset).toBe(handled);
  });

  test('destroy hooks may still send', async () => {
    @Injectable()
    class Polite {
      constructor(readonly template: KafkaTemplate) {}
      async onModuleDestroy(): Promise<void> {
        await this.template.send('farewell', 'bye');
      }
    }
    const app = await start([Polite]);
    await app.close();
    expect((await embedded.probe('farewell').next()).value).toBe('bye');
  });

  test('a method that does not end holds the shutdown up for shutdownTimeoutMs and no longer', async () => {
    const journal = new Journal<string>();
    const never = createGate();
    @Controller()
    class Stuck {
      @KafkaListener({ id: 'stuck', topics: 'stuck', fromBeginning: true })
      async on(): Promise<void> {
        journal.add('begin');
        await never.opened;
      }
    }
    const app = await start([Stuck], { listener: { shutdownTimeoutMs: 100 } });
    await app.get(KafkaTemplate).send('stuck', 1);
    await journal.count(1);
    const lines = collectLog();
    await app.close();
    expect(lines.filter((line) => line.startsWith('warn'))).toEqual([
      'warn Listener stuck did not finish its records within 100 ms; those not committed will be delivered again',
    ]);
    never.open();
  });

  test('an application that was compiled and never initialised closes', async () => {
    const module = await Test.createTestingModule({
      imports: [KafkaModule.forRoot(), KafkaTestingModule.forRoot({ topics: ['t'] })],
    }).compile();
    expect(await module.get(KafkaTemplate).send('t', 1)).toMatchObject({ offset: 0 });
    await module.close();
  });
});
