// The numbered records that simulations copy: written once for each shape of input, and found by every run on a disk of its own.
import { createKafka } from '../../src/composition/create-kafka.js';
import type { MemoryFileSystem } from '../../src/io/memory/memory-file-system.js';
import { createSeededRandom } from '../../src/io/memory/seeded-random.js';
import { createVirtualTime } from '../../src/io/memory/virtual-time.js';
import { SimulatedBroker } from './simulated-broker.js';

export interface SimulationInput {
  /** What is on the disk of a broker that stopped. */
  readonly fileSystem: MemoryFileSystem;
  /** When it stopped. */
  readonly stoppedMs: number;
  readonly partitions: number;
}

export const inputTopic = 'input';
export const copyTopics = ['middle', 'output'] as const;
/** Shapes that are made: they differ in partitions, in keys, and in where aborted transactions lie. */
export const inputShapes = 6;
const recordsPerTransaction = 1000;

const made = new Map<string, Promise<SimulationInput>>();

export function simulationInput(shape: number, records: number): Promise<SimulationInput> {
  const key = `${shape}/${records}`;
  let input = made.get(key);
  if (input === undefined) made.set(key, (input = makeInput(shape, records)));
  return input;
}

/** Numbered records, and between them some of aborted transactions, which nobody may ever see. */
async function makeInput(shape: number, records: number): Promise<SimulationInput> {
  const time = createVirtualTime();
  const random = createSeededRandom(shape);
  const broker = new SimulatedBroker(time, time.timers, shape);
  await broker.start();
  const partitions = 1 + (shape % 3);
  for (const topic of [inputTopic, ...copyTopics]) await broker.createTopic(topic, partitions);
  const kafka = createKafka({
    bootstrapServers: broker.bootstrapServers,
    network: broker.network,
    clock: time.clock,
    timers: time.timers,
    random,
  });
  const keys = 1 + random.nextInteger(50);
  const producer = kafka.producer({ transactionalId: 'feeder' });
  await time.until(producer.initTransactions());
  const write = async (from: number, ends: 'commit' | 'abort'): Promise<void> => {
    producer.beginTransaction();
    const length = Math.min(records - from, recordsPerTransaction);
    await producer.sendMany(
      Array.from({ length }, (_, index) => ({
        topic: inputTopic,
        key: `key-${(from + index) % keys}`,
        value: ends === 'commit' ? `${from + index}` : 'aborted',
      })),
    );
    if (ends === 'commit') await producer.commitTransaction();
    else await producer.abortTransaction();
  };
  for (let from = 0; from < records; from += recordsPerTransaction) {
    if (random.nextInteger(3) === 0) await time.until(write(from, 'abort'));
    await time.until(write(from, 'commit'));
  }
  await time.until(kafka.close());
  await broker.stop();
  return { fileSystem: broker.fileSystem, stoppedMs: time.clock.nowMs(), partitions };
}
