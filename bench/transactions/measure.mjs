// Decides what a process measures of itself while it produces or copies in transactions of one size.
import { Meter, sampleValues } from '../clients/measure.mjs';

/**
 * `recordsPerTransaction` of a task without transactions is how many records are sent at once, and awaited.
 * @typedef {{ bootstrapServers: string, topic: string, input: string, work: 'produce' | 'copy', isTransactional: boolean, recordsPerTransaction: number, valueBytes: number, warmUpMs: number, measureMs: number }} Task
 * @typedef {{ key: string, value: string }} Message
 * @typedef {{ send(messages: Message[]): Promise<unknown> }} Producing one call sends, and commits when the task is transactional
 * @typedef {{ copy(): Promise<number> }} Copying one call copies about as many records as a transaction has, and gives how many
 */

/** @returns {Task} */
export function taskOfProcess() {
  return JSON.parse(process.argv[2] ?? '{}');
}

/** One transaction after the other until time is up. @param {Task} task @param {() => Promise<number>} once */
async function repeat(task, once) {
  await once(); // The connections, the coordinators and the metadata are there.
  const meter = new Meter(/** @type {any} */ (task));
  meter.start();
  while (!meter.isOver) meter.add(await once());
  const result = await meter.result;
  process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0));
}

/** @param {Task} task @param {Producing} producing */
export async function measureProducing(task, producing) {
  const valueOf = sampleValues(task.valueBytes);
  let next = 0;
  await repeat(task, async () => {
    const messages = Array.from({ length: task.recordsPerTransaction }, () => {
      const index = next++;
      return { key: `key-${index}`, value: valueOf(index) };
    });
    await producing.send(messages);
    return messages.length;
  });
}

/** @param {Task} task @param {Copying} copying */
export async function measureCopying(task, copying) {
  await repeat(task, () => copying.copy());
}
