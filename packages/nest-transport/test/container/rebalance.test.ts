import { Controller, Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { EmbeddedKafka, KafkaTestingModule, waitForAssignment } from '@ottla/testing';
import { KafkaListener, KafkaModule, Offset, Partition } from '../../src/index.js';
import { collectLog } from '../logged-lines.js';
import { Journal } from '../signals.js';

const partitions = 4;
const recordsPerPartition = 100;

interface Handled {
  readonly instance: number;
  readonly partition: number;
  readonly offset: number;
}

const handled = new Journal<Handled>();
let instances = 0;

@Injectable()
class Instance {
  readonly number = ++instances;
}

@Controller()
class Worker {
  constructor(private readonly instance: Instance) {}

  @KafkaListener({
    id: 'work',
    topics: 'work',
    fromBeginning: true,
    consumerConfig: {
      maxPollRecords: 10,
      partitionAssignmentStrategy: ['cooperative-sticky'],
      heartbeatIntervalMs: 20,
    },
  })
  async on(@Partition() partition: number, @Offset() offset: number): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    handled.add({ instance: this.instance.number, partition, offset });
  }
}

@Module({ imports: [KafkaModule.forRoot()], controllers: [Worker], providers: [Instance] })
class AppModule {}

test('C5: instances that join and leave share the partitions; every record is handled, in order, once each after a drain', async () => {
  const embedded = await EmbeddedKafka.start({ partitions, topics: ['work'] });
  const start = async (): Promise<INestApplicationContext> => {
    const app = await Test.createTestingModule({
      imports: [AppModule, KafkaTestingModule.forRoot({ embedded })],
    }).compile();
    collectLog();
    return app.init();
  };
  const producer = embedded.kafka().producer();
  const fill = (): Promise<unknown> =>
    producer.sendMany(
      Array.from({ length: partitions * recordsPerPartition }, (_, index) => ({
        topic: 'work',
        partition: index % partitions,
        value: '{}',
      })),
    );

  await fill();
  const first = await start();
  await handled.count(50);
  const second = await start();
  await waitForAssignment(second, 'work', { partitions: 2 });
  await fill();
  await handled.until((entries) => entries.some(({ instance }) => instance === 2));
  await first.close();
  const total = partitions * recordsPerPartition * 2;
  await handled.until(
    (entries) => new Set(entries.map(({ partition, offset }) => `${partition}@${offset}`)).size === total,
    20_000,
  );
  await second.close();
  await embedded.close();

  expect(handled.entries).toHaveLength(total);
  for (let partition = 0; partition < partitions; partition++) {
    const offsets = handled.entries
      .filter((entry) => entry.partition === partition)
      .map(({ offset }) => offset);
    expect(offsets).toEqual(Array.from({ length: recordsPerPartition * 2 }, (_, offset) => offset));
  }
}, 40_000);
