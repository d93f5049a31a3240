import { InvalidArgumentError, KafkaError, SendManyError } from '../../src/client/errors.js';
import { ClientHarness } from './client-harness.js';

describe('what applications add to a producer, under virtual time', () => {
  let harness: ClientHarness;

  beforeEach(async () => {
    harness = await ClientHarness.start();
    await harness.createTopic('t', 3);
  });
  afterEach(() => harness.stop());

  const warnings = (): string[] =>
    harness.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);

  describe('a partitioner', () => {
    test('PC4: is asked once for each record that names no partition, with the topic as it is', async () => {
      const asked: [unknown, number, boolean][] = [];
      const producer = harness.kafka.producer<string, string>({
        partitioner: {
          partition: (record, { partitionCount, hasLeader }) => {
            asked.push([record.value, partitionCount, hasLeader(0)]);
            return record.value === 'last' ? partitionCount - 1 : null;
          },
        },
      });
      const sent = await harness.until(
        producer.sendMany([
          { topic: 't', value: 'last' },
          { topic: 't', value: 'named', partition: 1 },
          { topic: 't', value: 'keyed', key: 'some key' },
        ]),
      );
      expect(asked).toEqual([
        ['last', 3, true],
        ['keyed', 3, true],
      ]);
      const plain = await harness.until(
        harness.kafka.producer().send({ topic: 't', key: 'some key', value: 'v' }),
      );
      expect(sent.map(({ partition }) => partition)).toEqual([2, 1, plain.partition]);
    });

    test('a record that it fails over is rejected, and the others go on', async () => {
      const producer = harness.kafka.producer<string, string>({
        partitioner: {
          partition: ({ value }) => {
            if (value === 'bad') throw new Error('no idea');
            return value === 'far' ? 3 : 0;
          },
        },
      });
      const values = ['good', 'bad', 'far', 'fine'];
      const failure = await harness.failureOf(
        producer.sendMany(values.map((value) => ({ topic: 't', value }))),
      );
      const { results } = failure as SendManyError;
      expect(results[0]).toMatchObject({ partition: 0, offset: 0 });
      expect(results[1]).toEqual(new Error('no idea'));
      expect(results[2]).toBeInstanceOf(InvalidArgumentError);
      expect((results[2] as Error).message).toBe(
        'The partitioner chose partition 3 of t, which has 3 from 0',
      );
      expect(results[3]).toMatchObject({ partition: 0, offset: 1 });
    });
  });

  describe('interceptors', () => {
    test('KIP-42: change records in order, hear of their fate, and harm nothing when they fail', async () => {
      const told: string[] = [];
      const producer = harness.kafka.producer<string, string>({
        interceptors: [
          {
            onSend: (record) => ({ ...record, value: `${record.value}+1` }),
            onAcknowledgement: (metadata, error) =>
              void told.push(
                metadata === null ? `failed ${error?.name}` : `${metadata.topic}:${metadata.offset}`,
              ),
            close: () => void told.push('closed'),
          },
          {
            onSend: () => {
              throw new Error('the second fails');
            },
            onAcknowledgement: () => {
              throw new Error('the second fails');
            },
          },
          { onSend: (record) => ({ ...record, value: `${record.value}+3`, partition: 1 }) },
        ],
      });
      await harness.until(producer.send({ topic: 't', value: 'a' }));
      await harness.failureOf(producer.send({ topic: '', value: 'b' }));
      expect((await harness.read('t', 1)).map(({ value }) => value)).toEqual(['a+1+3']);
      await harness.until(producer.close());
      expect(told).toEqual(['t:0', 'failed InvalidArgumentError', 'closed']);
      expect(warnings()).toEqual([
        'A producer interceptor failed in onSend and was passed over',
        'A producer interceptor failed in onAcknowledgement and was passed over',
        'A producer interceptor failed in onSend and was passed over',
        'A producer interceptor failed in onAcknowledgement and was passed over',
      ]);
    });
  });

  describe('an AbortSignal', () => {
    test('what still waits for metadata or memory is withdrawn, and nobody else is held up', async () => {
      const producer = harness.kafka.producer<string, string>({ bufferMemory: 20_000, lingerMs: 10 });
      await harness.until(producer.send({ topic: 't', partition: 0, value: 'first' }));
      harness.network.isSilent = true;
      const controller = new AbortController();
      const filling = producer.send({ topic: 't', partition: 0, value: 'x'.repeat(15_000) });
      const waiting = producer.send(
        { topic: 't', partition: 0, value: 'y'.repeat(15_000) },
        { signal: controller.signal },
      );
      const after = producer.send({ topic: 't', partition: 0, value: 'after' });
      controller.abort(new Error('changed my mind'));
      const failure = await waiting.catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'ABORTED', cause: new Error('changed my mind') });
      harness.network.isSilent = false;
      await harness.until(Promise.all([filling, after]));
      const lengths = (await harness.read('t', 0)).map(({ value }) => value?.length);
      expect(lengths).toEqual([5, 15_000, 5]);
    });

    test('a signal that was aborted before sends nothing; one that is not costs nothing later', async () => {
      const producer = harness.kafka.producer<string, string>();
      const failure = await harness.failureOf(
        producer.sendMany([{ topic: 't', value: 'a' }], { signal: AbortSignal.abort() }),
      );
      expect(failure).toBeInstanceOf(KafkaError);
      const controller = new AbortController();
      let listeners = 0;
      const { signal } = controller;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...parameters: Parameters<typeof add>) => {
        listeners++;
        add(...parameters);
      };
      signal.removeEventListener = (...parameters: Parameters<typeof remove>) => {
        listeners--;
        remove(...parameters);
      };
      await harness.until(
        producer.sendMany(
          ['b', 'c'].map((value) => ({ topic: 't', partition: 0, value })),
          { signal },
        ),
      );
      expect(listeners).toBe(0);
      expect((await harness.read('t', 0)).map(({ value }) => value)).toEqual(['b', 'c']);
    });
  });

  test('a key whose serializer fails later than the value does is no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const producer = harness.kafka.producer<string, string>({
      keySerializer: { serialize: () => Promise.reject(new Error('the key')) },
      valueSerializer: {
        serialize: () => {
          throw new Error('the value');
        },
      },
    });
    const failure = await harness.failureOf(producer.send({ topic: 't', key: 'k', value: 'v' }));
    expect(failure.message).toContain('the value');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });
});
