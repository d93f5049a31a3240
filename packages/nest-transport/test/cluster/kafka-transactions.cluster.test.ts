// Transactions of methods and templates, on any cluster.
import { Controller, Injectable } from '@nestjs/common';
import { TransactionAbortableError } from '@ottla/core';
import {
  IllegalTransactionStateError,
  KafkaTemplate,
  KafkaTransactional,
  KafkaTransactionManager,
  NoTransactionError,
  UnexpectedRollbackError,
  type KafkaModuleOptions,
} from '../../src/index.js';
import { createGate } from '../signals.js';
import { NestCluster, uniqueName } from './nest-cluster.js';

describe('transactions of methods and templates', () => {
  let cluster: NestCluster;

  beforeAll(async () => {
    cluster = await NestCluster.start();
  });
  afterEach(() => cluster.closeApplications());
  afterAll(() => cluster.close());

  const options = (more: KafkaModuleOptions['producer'] = {}): KafkaModuleOptions => ({
    producer: { transactionIdPrefix: uniqueName('tx-'), maxTransactionalProducers: 3, ...more },
  });

  describe('executeInTransaction', () => {
    test('commits what operations and template sent, or nothing of it', async () => {
      const topic = await cluster.topic('execute');
      const template = (await cluster.application({ kafka: options() })).get(KafkaTemplate);
      const result = await template.executeInTransaction(async (operations) => {
        await operations.send(topic, 'a1');
        void template.send(topic, 'a2');
        return 'done';
      });
      expect(result).toBe('done');
      const failure = new Error('no');
      await expect(
        template.executeInTransaction(async (operations) => {
          await operations.send(topic, 'b1');
          throw failure;
        }),
      ).rejects.toBe(failure);
      await template.executeInTransaction((operations) =>
        operations.sendMany([
          { topic, value: 'c1' },
          { topic, value: 'c2' },
        ]),
      );
      expect(await cluster.seen(topic, 4)).toEqual(['a1', 'a2', 'c1', 'c2']);
      expect(await cluster.values(topic, 'read_uncommitted')).toEqual(['a1', 'a2', 'b1', 'c1', 'c2']);
    });

    test('of the same template cannot be nested, and concurrent ones are apart', async () => {
      const topic = await cluster.topic('apart');
      const template = (await cluster.application({ kafka: options() })).get(KafkaTemplate);
      await expect(
        template.executeInTransaction(() => template.executeInTransaction(() => Promise.resolve())),
      ).rejects.toThrow(IllegalTransactionStateError);
      const gate = createGate();
      const failing = template.executeInTransaction(async () => {
        await template.send(topic, 'lost');
        gate.open();
        throw new Error('no');
      });
      await Promise.all([
        expect(failing).rejects.toThrow('no'),
        template.executeInTransaction(async () => {
          await gate.opened;
          await template.send(topic, 'kept');
        }),
      ]);
      expect(await cluster.seen(topic, 1)).toEqual(['kept']);
    });

    test('takes nothing more after its end', async () => {
      const topic = await cluster.topic('late');
      const template = (await cluster.application({ kafka: options() })).get(KafkaTemplate);
      const gate = createGate();
      let late: Promise<unknown> | undefined;
      await template.executeInTransaction(() => {
        late = gate.opened.then(() => template.send(topic, 'late'));
        return Promise.resolve();
      });
      gate.open();
      await expect(late).rejects.toThrow(IllegalTransactionStateError);
    });
  });

  describe('a transactional template outside of a transaction', () => {
    test('refuses to send', async () => {
      const topic = await cluster.topic('outside');
      const template = (await cluster.application({ kafka: options() })).get(KafkaTemplate);
      await expect(template.send(topic, 'x')).rejects.toThrow(NoTransactionError);
      await expect(template.sendMany([{ topic, value: 'x' }])).rejects.toThrow(NoTransactionError);
      await expect(
        template.sendOffsetsToTransaction([], {
          groupId: 'g',
          generationId: 1,
          memberId: 'm',
          groupInstanceId: null,
        }),
      ).rejects.toThrow(NoTransactionError);
      expect(await cluster.values(topic, 'read_uncommitted')).toEqual([]);
    });

    test('sends with allowNonTransactional', async () => {
      const topic = await cluster.topic('allowed');
      const kafka = { ...options(), template: { allowNonTransactional: true } };
      const template = (await cluster.application({ kafka })).get(KafkaTemplate);
      await template.send(topic, 'outside');
      await expect(
        template.executeInTransaction(async () => {
          await template.send(topic, 'inside');
          throw new Error('no');
        }),
      ).rejects.toThrow('no');
      expect(await cluster.values(topic)).toEqual(['outside']);
    });
  });

  describe('@KafkaTransactional', () => {
    const inner = new Error('inner failed');
    let topic: string;

    @Injectable()
    class Inner {
      constructor(private readonly template: KafkaTemplate) {}

      @KafkaTransactional()
      async send(value: string): Promise<string> {
        await this.template.send(topic, value);
        if (value.startsWith('bad')) throw inner;
        return value;
      }

      @KafkaTransactional({ propagation: 'REQUIRES_NEW' })
      async sendApart(value: string): Promise<void> {
        await this.template.send(topic, value);
      }

      @KafkaTransactional({ propagation: 'MANDATORY' })
      async mandatory(): Promise<void> {}

      @KafkaTransactional({ propagation: 'NEVER' })
      async never(): Promise<void> {}

      @KafkaTransactional({ propagation: 'NOT_SUPPORTED' })
      async outside(value: string): Promise<void> {
        await this.template.send(topic, value);
      }

      @KafkaTransactional({ noRollbackFor: (error) => error === inner })
      async sendAndFail(value: string): Promise<void> {
        await this.template.send(topic, value);
        throw inner;
      }
    }

    @Controller()
    class Outer {
      constructor(
        private readonly template: KafkaTemplate,
        private readonly part: Inner,
        private readonly manager: KafkaTransactionManager,
      ) {}

      @KafkaTransactional()
      async both(value: string): Promise<boolean> {
        const before = this.manager.current();
        await this.part.send(`${value}-in`);
        await this.template.send(topic, `${value}-out`);
        return before !== null && this.manager.current() === before;
      }

      @KafkaTransactional()
      async catches(value: string): Promise<void> {
        await this.part.send(`bad-${value}`).catch(() => undefined);
        await this.template.send(topic, value);
      }

      @KafkaTransactional()
      async apart(value: string): Promise<void> {
        await this.part.sendApart(value);
        throw inner;
      }

      @KafkaTransactional()
      async givesUp(value: string): Promise<void> {
        await this.template.send(topic, value);
        this.manager.setRollbackOnly();
      }

      @KafkaTransactional()
      async asks(method: 'mandatory' | 'never'): Promise<void> {
        await this.part[method]();
      }
    }

    let outer: Outer;
    let part: Inner;

    beforeEach(async () => {
      topic = await cluster.topic('method');
      const app = await cluster.application({ controllers: [Outer], providers: [Inner], kafka: options() });
      outer = app.get(Outer);
      part = app.get(Inner);
    });

    test('a method that is called inside a transaction joins it', async () => {
      expect(await outer.both('a')).toBe(true);
      expect(await part.send('b')).toBe('b');
      expect(await cluster.seen(topic, 3)).toEqual(['a-in', 'a-out', 'b']);
    });

    test('a failure rolls back; one that was caught is told by UnexpectedRollbackError', async () => {
      await expect(part.send('bad')).rejects.toBe(inner);
      const caught = outer.catches('x');
      await expect(caught).rejects.toThrow(UnexpectedRollbackError);
      await expect(caught).rejects.toMatchObject({ cause: inner });
      await expect(outer.givesUp('y')).rejects.toThrow(UnexpectedRollbackError);
      expect(await cluster.values(topic)).toEqual([]);
    });

    test('propagation and noRollbackFor', async () => {
      await expect(outer.apart('apart')).rejects.toBe(inner);
      await expect(part.mandatory()).rejects.toThrow(NoTransactionError);
      await outer.asks('mandatory');
      await expect(outer.asks('never')).rejects.toThrow(IllegalTransactionStateError);
      await part.never();
      await expect(part.outside('x')).rejects.toThrow(NoTransactionError);
      await expect(part.sendAndFail('kept')).rejects.toBe(inner);
      expect(await cluster.seen(topic, 2)).toEqual(['apart', 'kept']);
    });
  });

  test('a send that nobody awaits and that fails makes the commit fail', async () => {
    const topic = await cluster.topic('unawaited');
    const template = (await cluster.application({ kafka: options() })).get(KafkaTemplate);
    const failed = template.executeInTransaction(async (operations) => {
      await operations.send(topic, 'small');
      void operations.send(topic, 'x'.repeat(2_000_000));
    });
    await expect(failed).rejects.toThrow(TransactionAbortableError);
    await expect(failed).rejects.toMatchObject({ cause: { name: 'RecordTooLargeError' } });
    await template.executeInTransaction((operations) => operations.send(topic, 'next'));
    expect(await cluster.seen(topic, 1)).toEqual(['next']);
  });

  test('without transactionIdPrefix transactions are refused by name', async () => {
    const template = (await cluster.application({})).get(KafkaTemplate);
    await expect(template.executeInTransaction(() => Promise.resolve())).rejects.toThrow(
      'give transactionIdPrefix',
    );
  });
});
