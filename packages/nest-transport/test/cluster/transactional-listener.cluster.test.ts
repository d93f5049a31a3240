// Listeners that consume, transform and produce in transactions, on any cluster.
import { Controller, type INestApplicationContext, type Type } from '@nestjs/common';
import {
  DeadLetterPublishingRecoverer,
  DefaultAfterRollbackProcessor,
  DefaultKafkaProducerFactory,
  fixedBackOff,
  KafkaListener,
  KafkaListenerEndpointRegistry,
  KafkaTemplate,
  KafkaTransactional,
  ListenerDefinitionError,
  type KafkaListenerOptions,
  type KafkaModuleOptions,
  type ListenerFailure,
} from '../../src/index.js';
import { createGate, Journal } from '../signals.js';
import { NestCluster, uniqueName } from './nest-cluster.js';

type Handle = (value: number, template: KafkaTemplate) => Promise<void> | void;

describe('transactional listeners', () => {
  let cluster: NestCluster;
  let input: string;
  let output: string;
  let failures: ListenerFailure[];

  beforeAll(async () => {
    cluster = await NestCluster.start();
  });
  beforeEach(async () => {
    input = await cluster.topic('input', 2);
    output = await cluster.topic('output');
    failures = [];
  });
  afterEach(() => cluster.closeApplications());
  afterAll(() => cluster.close());

  /** Two tries, one millisecond apart; remembers every failure. */
  class RememberingProcessor extends DefaultAfterRollbackProcessor {
    constructor(recoverer?: (failure: ListenerFailure) => void | Promise<void>) {
      super({
        backOff: fixedBackOff({ intervalMs: 1, maxRetries: 1 }),
        ...(recoverer === undefined ? {} : { recoverer }),
      });
    }

    override handle(failure: ListenerFailure): ReturnType<DefaultAfterRollbackProcessor['handle']> {
      failures.push(failure);
      return super.handle(failure);
    }
  }

  function start(
    handle: Handle,
    more: Partial<KafkaListenerOptions> = {},
    producer: KafkaModuleOptions['producer'] = {},
  ): Promise<INestApplicationContext> {
    return cluster.application({
      controllers: [copier(handle, { id: input, topics: input, ...more })],
      kafka: {
        producer: { transactionIdPrefix: uniqueName('tx-'), maxTransactionalProducers: 2, ...producer },
      },
    });
  }

  function copier(handle: Handle, options: KafkaListenerOptions): Type<unknown> {
    @Controller()
    class Copier {
      constructor(private readonly template: KafkaTemplate) {}

      @KafkaListener({
        fromBeginning: true,
        transactional: true,
        ackMode: 'record',
        afterRollbackProcessor: new RememberingProcessor(),
        ...options,
      })
      async on(value: number): Promise<void> {
        await handle(value, this.template);
      }
    }
    return Copier;
  }

  const copy: Handle = async (value, template) => {
    await template.send(output, value);
  };
  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

  describe.each(['record', 'batch'] as const)('ackMode %s', (ackMode) => {
    test('what the method sends and the offsets of its records commit together', async () => {
      await cluster.send(input, upTo(10));
      await start(copy, { ackMode });
      expect(await cluster.seen(output, 10)).toEqual(upTo(10));
      await cluster.closeApplications();
      expect(await cluster.committed(input, input)).toBe(10);
      // Each transaction leaves its marker in the output.
      const { end } = await cluster.records(output);
      const [least, most] = ackMode === 'record' ? [10, 10] : [1, 9];
      expect(end - 10).toBeGreaterThanOrEqual(least);
      expect(end - 10).toBeLessThanOrEqual(most);
    });

    test('a failing record is rolled back, tried again, and at last given up; all others are there exactly once', async () => {
      await cluster.send(input, upTo(7));
      await cluster.send(input, [100, 101], 1);
      await start(
        async (value, template) => {
          await template.send(output, value);
          if (value === 3) throw new Error('poison');
        },
        { ackMode },
      );
      const seen = await cluster.seen(output, 8);
      expect(seen.filter((value) => (value as number) < 100)).toEqual([0, 1, 2, 4, 5, 6]);
      expect(seen.filter((value) => (value as number) >= 100)).toEqual([100, 101]);
      await cluster.closeApplications();
      expect(await cluster.committed(input, input)).toBeGreaterThanOrEqual(7);
      expect(failures.map(({ record, attempt }) => [record.offset, attempt])).toEqual([
        [3, 1],
        [3, 2],
      ]);
      expect(cluster.lines.filter((line) => line.includes('failed and is skipped'))).toHaveLength(1);
      expect((await cluster.values(output)).length).toBe(8);
    });
  });

  test.each(['record', 'batch'] as const)(
    'ackMode %s: a send that nobody awaits and that fails is a failure of its record',
    async (ackMode) => {
      await cluster.send(input, upTo(5));
      await start(
        (value, template) => {
          void template.send(output, value === 2 ? 'x'.repeat(2_000_000) : value);
        },
        { ackMode },
      );
      expect(await cluster.seen(output, 4)).toEqual([0, 1, 3, 4]);
      await cluster.closeApplications();
      expect(failures.map(({ record, attempt }) => [record.offset, attempt])).toEqual([
        [2, 1],
        [2, 2],
      ]);
      expect(cluster.lines.filter((line) => line.includes('lost its consumer'))).toEqual([]);
    },
  );

  test('a record that fails for a while is there once when it succeeds', async () => {
    await cluster.send(input, [1, 2]);
    let tries = 0;
    await start(async (value, template) => {
      await template.send(output, value);
      if (value === 1 && ++tries === 1) throw new Error('not yet');
    });
    expect(await cluster.seen(output, 2)).toEqual([1, 2]);
    expect(await cluster.values(output, 'read_uncommitted')).toEqual([1, 1, 2]);
  });

  test('the dead letter and the offset of its record commit in one transaction', async () => {
    const deadLetters = await cluster.topic('', 2, { name: `${input}-dlt` });
    const recoverer = new DeadLetterPublishingRecoverer();
    const recovered = new Journal<number>();
    const observed: (number | null)[] = [];
    await cluster.send(input, ['bad', 'good'], 1);
    await start(
      async (value, template) => {
        await template.send(output, value);
        if (String(value) === 'bad') throw new Error('poison', { cause: new RangeError('deep') });
      },
      {
        afterRollbackProcessor: new RememberingProcessor(async (failure) => {
          await recoverer.recover(failure);
          recovered.add(failure.attempt);
          if (recovered.entries.length === 1) throw new Error('after the dead letter was sent');
        }),
      },
    );
    expect(await cluster.seen(output, 1)).toEqual(['good']);
    // The first dead letter was rolled back together with the offset, so the record came again and got another.
    observed.push(await cluster.committed(input, input, 1));
    expect(observed[0]).toBeGreaterThanOrEqual(1);
    expect(await cluster.values(deadLetters, 'read_uncommitted', 1)).toEqual(['bad', 'bad']);
    const { records } = await cluster.records(deadLetters, 'read_committed', 1);
    expect(records).toHaveLength(1);
    expect(records[0]?.value).toBe('bad');
    const headers = records[0]?.headers;
    expect(headers?.get('kafka_dlt-original-topic')).toBe(input);
    expect(headers?.get('kafka_dlt-original-consumer-group')).toBe(input);
    expect(headers?.get('kafka_dlt-exception-message')).toBe('poison; deep');
    expect(headers?.get('kafka_dlt-exception-cause-fqcn')).toBe('RangeError');
    expect(recovered.entries).toEqual([2, 2]);
  });

  test('a producer that is fenced in the middle is made anew; the record comes again and no policy hears of it', async () => {
    await cluster.send(input, [1, 2, 3]);
    let tries = 0;
    const prefix = uniqueName('tx-');
    await start(
      async (value, template) => {
        await template.send(output, value);
        if (value === 2 && ++tries === 1) {
          const other = cluster.kafka.producer({ transactionalId: `${prefix}0` });
          await other.initTransactions();
          await other.close();
        }
      },
      {},
      { transactionIdPrefix: prefix, maxTransactionalProducers: 1 },
    );
    expect(await cluster.seen(output, 3)).toEqual([1, 2, 3]);
    await cluster.closeApplications();
    expect(await cluster.values(output)).toEqual([1, 2, 3]);
    expect(failures).toEqual([]);
    expect(cluster.lines.filter((line) => line.includes('was fenced and is made anew'))).toHaveLength(1);
  });

  test('a consumer that the group has thrown out commits nothing; its records come again (KIP-447)', async () => {
    await cluster.send(input, [1, 2, 3]);
    const admin = cluster.kafka.admin();
    let tries = 0;
    await start(async (value, template) => {
      await template.send(output, value);
      if (value === 2 && ++tries === 1) {
        const described = await admin.describeGroups([input]);
        const members = described.values.get(input)?.members ?? [];
        const removed = await admin.removeMembersFromGroup(
          input,
          members.map(({ memberId }) => ({ memberId })),
        );
        removed.orThrow();
      }
    });
    expect(await cluster.seen(output, 3)).toEqual([1, 2, 3]);
    await cluster.closeApplications();
    expect(await cluster.values(output)).toEqual([1, 2, 3]);
    expect(await cluster.values(output, 'read_uncommitted')).toEqual([1, 2, 2, 3]);
    expect(failures).toEqual([]);
    expect(
      cluster.lines.filter((line) => line.includes('lost its partitions during a transaction')),
    ).toHaveLength(1);
    await admin.close();
  });

  test('closing finishes and commits the records at hand', async () => {
    await cluster.send(input, [1, 2]);
    const begun = createGate();
    const gate = createGate();
    await start(async (value, template) => {
      begun.open();
      await gate.opened;
      await template.send(output, value);
    });
    await begun.opened;
    const closing = cluster.closeApplications();
    gate.open();
    await closing;
    expect(await cluster.values(output)).toEqual([1, 2]);
    expect(await cluster.committed(input, input)).toBe(2);
  });

  test('a method that is @KafkaTransactional as well joins the transaction of its record', async () => {
    await cluster.send(input, [1]);
    const id = input;
    @Controller()
    class Both {
      constructor(private readonly template: KafkaTemplate) {}

      @KafkaListener({ id, topics: id, fromBeginning: true, transactional: true })
      @KafkaTransactional({ propagation: 'MANDATORY' })
      async on(value: number): Promise<void> {
        await this.template.send(output, value + 1);
      }
    }
    await cluster.application({
      controllers: [Both],
      kafka: { producer: { transactionIdPrefix: uniqueName('tx-') } },
    });
    expect(await cluster.seen(output, 1)).toEqual([2]);
  });

  test('several consumers share the records and the pool', async () => {
    await cluster.send(input, upTo(20));
    await cluster.send(input, upTo(20), 1);
    const app = await start(copy, { concurrency: 2 });
    expect(((await cluster.seen(output, 40)) as number[]).sort((a, b) => a - b)).toEqual(
      upTo(20).flatMap((value) => [value, value]),
    );
    expect(app.get(DefaultKafkaProducerFactory).maxTransactionalProducers).toBe(2);
    expect(app.get(KafkaListenerEndpointRegistry).get(input).cause).toBeNull();
  });

  describe('declarations that cannot work are refused when the application starts', () => {
    test.each<[string, Partial<KafkaListenerOptions>, KafkaModuleOptions['producer'], string]>([
      ['no transactional factory', {}, {}, 'give producer.transactionIdPrefix'],
      [
        'more consumers than producers',
        { concurrency: 3 },
        { transactionIdPrefix: 'x', maxTransactionalProducers: 2 },
        'its concurrency is 3',
      ],
      [
        'an error handler',
        { errorHandler: { handle: () => ({ kind: 'skip' }) } },
        { transactionIdPrefix: 'x' },
        'leave out errorHandler',
      ],
      ['a policy without transactions', { transactional: false }, {}, 'but is not transactional'],
    ])('%s', async (_, options, producer, message) => {
      const starting = cluster.application({
        controllers: [copier(copy, { id: input, topics: input, ...options })],
        kafka: { producer },
      });
      await expect(starting).rejects.toThrow(ListenerDefinitionError);
      await expect(starting).rejects.toThrow(message);
    });
  });
});
