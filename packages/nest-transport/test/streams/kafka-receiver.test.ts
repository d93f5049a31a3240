import { Module, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { EmbeddedKafka, KafkaTestingModule } from '@ottla/testing';
import { map, mergeMap, take, tap, toArray, firstValueFrom } from 'rxjs';
import { KafkaModule, KafkaReceiver, KafkaTemplate, type ReceiverRecord } from '../../src/index.js';
import { collectLog } from '../logged-lines.js';
import { Journal } from '../signals.js';

let embedded: EmbeddedKafka;
let app: INestApplicationContext;
let receiver: KafkaReceiver;
let template: KafkaTemplate;

@Module({ imports: [KafkaModule.forRoot()] })
class AppModule {}

beforeAll(async () => {
  embedded = await EmbeddedKafka.start();
  app = await Test.createTestingModule({
    imports: [AppModule, KafkaTestingModule.forRoot({ embedded })],
  }).compile();
  await app.init();
  collectLog();
  receiver = app.get(KafkaReceiver);
  template = app.get(KafkaTemplate);
});
afterAll(async () => {
  await app.close();
  await embedded.close();
});

async function topicOf(name: string, values: readonly unknown[]): Promise<string> {
  await embedded.createTopics(name);
  await template.sendMany(values.map((value) => ({ topic: name, value })));
  return name;
}

async function committed(groupId: string, topic: string): Promise<number | null> {
  const kafka = embedded.kafka();
  const offsets = await kafka.admin().fetchOffsets(groupId, [{ topic, partition: 0 }]);
  await kafka.close();
  return offsets.values.get(`${topic}-0`)?.offset ?? null;
}

const earliest = { autoOffsetReset: 'earliest' } as const;

describe('KafkaReceiver', () => {
  test('gives records in order; those acked are committed when the stream ends', async () => {
    const topics = await topicOf('in-order', [1, 2, 3]);
    const values = await firstValueFrom(
      receiver.receive<string, number>({ topics, groupId: 'in-order', ...earliest }).pipe(
        tap((record) => record.ack()),
        map(({ value }) => value),
        take(3),
        toArray(),
      ),
    );
    expect(values).toEqual([1, 2, 3]);
    await receiver.closed();
    expect(await committed('in-order', topics)).toBe(3);
  });

  test('no more than maxInFlight records are out without an ack; acks out of order commit up to the gap', async () => {
    const topics = await topicOf('bounded', [0, 1, 2, 3, 4, 5, 6]);
    const out = new Journal<ReceiverRecord>();
    const subscription = receiver
      .receive({ topics, groupId: 'bounded', maxInFlight: 3, drainTimeoutMs: 50, ...earliest })
      .subscribe((record) => out.add(record));
    await out.count(3);
    out.entries[1]!.ack();
    out.entries[2]!.ack();
    await out.count(5);
    out.entries[1]!.ack();
    expect(out.entries).toHaveLength(5);
    expect(await committed('bounded', topics)).toBeNull();
    subscription.unsubscribe();
    await receiver.closed();
    expect(await committed('bounded', topics)).toBeNull();
    expect(out.entries).toHaveLength(5);

    const again = await firstValueFrom(
      receiver.receive({ topics, groupId: 'bounded', ...earliest }).pipe(
        tap((record) => record.ack()),
        map(({ value }) => value),
        take(7),
        toArray(),
      ),
    );
    expect(again).toEqual([0, 1, 2, 3, 4, 5, 6]);
    await receiver.closed();
  });

  test('unsubscribing waits for the acks of what is out', async () => {
    const topics = await topicOf('drained', ['a', 'b']);
    const out = new Journal<ReceiverRecord>();
    const subscription = receiver
      .receive({ topics, groupId: 'drained', ...earliest })
      .subscribe((record) => out.add(record));
    await out.count(2);
    subscription.unsubscribe();
    setImmediate(() => out.entries.forEach((record) => record.ack()));
    await receiver.closed();
    expect(await committed('drained', topics)).toBe(2);
  });

  test('works in parallel within the bound', async () => {
    const values = Array.from({ length: 500 }, (_, index) => index);
    const topics = await topicOf('parallel', values);
    let running = 0;
    let most = 0;
    const done = await firstValueFrom(
      receiver.receive<string, number>({ topics, groupId: 'parallel', maxInFlight: 20, ...earliest }).pipe(
        mergeMap(async (record) => {
          most = Math.max(most, ++running);
          await new Promise<void>((resolve) => setImmediate(resolve));
          running--;
          record.ack();
          return record.value;
        }),
        take(500),
        toArray(),
      ),
    );
    expect([...done].sort((a, b) => Number(a) - Number(b))).toEqual(values);
    expect(most).toBeLessThanOrEqual(20);
    await receiver.closed();
    expect(await committed('parallel', topics)).toBe(500);
  });

  test('an error comes once, names the record, and ends the stream', async () => {
    const topics = await topicOf('broken', ['fine', Buffer.from('{broken')]);
    const events = new Journal<string>();
    receiver.receive({ topics, groupId: 'broken', ...earliest }).subscribe({
      next: (record) => {
        record.ack();
        events.add(`next ${String(record.value)}`);
      },
      error: (error: Error) => events.add(`error ${error.name} ${error.message}`),
      complete: () => events.add('complete'),
    });
    await events.count(2);
    await receiver.closed();
    expect(events.entries).toEqual([
      'next fine',
      expect.stringMatching(/^error SerializationError .*broken-0 at offset 1/),
    ]);
    expect(await committed('broken', topics)).toBe(1);
  });

  test('wrong options are refused when receive() is called', () => {
    expect(() => receiver.receive({ topics: 'a', groupId: '' })).toThrow('needs a groupId');
    expect(() => receiver.receive({ groupId: 'g' })).toThrow('needs either topics or topicPattern');
    expect(() => receiver.receive({ groupId: 'g', topics: 'a', maxInFlight: 0 })).toThrow('maxInFlight is 0');
  });

  test('the end of the application completes streams', async () => {
    const second = await Test.createTestingModule({
      imports: [AppModule, KafkaTestingModule.forRoot({ embedded })],
    }).compile();
    await second.init();
    const topics = await topicOf('completed', ['x']);
    const events = new Journal<string>();
    second
      .get(KafkaReceiver)
      .receive({ topics, groupId: 'completed', ...earliest })
      .subscribe({
        next: (record) => {
          record.ack();
          events.add('next');
        },
        complete: () => events.add('complete'),
      });
    await events.count(1);
    await second.close();
    expect(events.entries).toEqual(['next', 'complete']);
    expect(await committed('completed', topics)).toBe(1);
  });
});
