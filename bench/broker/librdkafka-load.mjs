// Decides how a client in C loads a broker: our small program on librdkafka, or kcat where it cannot be compiled.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from '../../interop/support/processes.mjs';
import { findKcat, findLibrdkafkaCompiler } from '../../interop/support/tools.mjs';

const timeoutMs = 180_000;
/** librdkafka's queue holds a second's records, and a batch may be as large as the broker takes. */
const settings = {
  'linger.ms': '5',
  'queue.buffering.max.messages': '1000000',
  'queue.buffering.max.kbytes': '1048576',
  'batch.num.messages': '100000',
  'batch.size': '1000000',
};

/**
 * @typedef {{ bootstrapServers: string, topic: string, partitions: number, records: number, recordBytes: number, acks: string }} Load
 * @typedef {{ name: string, produce: (load: Load) => Promise<{ recordsPerSecond: number }>, remove: () => Promise<void> }} CProducer
 */

/** Null where neither librdkafka nor kcat is to be had. @returns {Promise<CProducer | null>} */
export async function findCProducer() {
  const directory = await mkdtemp(path.join(tmpdir(), 'ottla-bench-c-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  const produce = (await compiled(directory)) ?? (await throughKcat(directory));
  if (produce !== null) return { ...produce, remove };
  await remove();
  return null;
}

/** @param {string} directory */
async function compiled(directory) {
  const compiler = await findLibrdkafkaCompiler();
  if (compiler === null) return null;
  const source = fileURLToPath(new URL('librdkafka-producer.c', import.meta.url));
  const program = path.join(directory, 'librdkafka-producer');
  await run(compiler, ['-O2', '-o', program, source, '-lrdkafka']);
  return {
    name: 'librdkafka',
    /** @param {Load} load */
    async produce({ bootstrapServers, topic, partitions, records, recordBytes, acks }) {
      const numbers = [partitions, records, recordBytes].map(String);
      const args = [bootstrapServers, topic, ...numbers, acks, ...Object.entries(settings).flat()];
      const { stdout } = await run(program, args, { timeoutMs });
      return { recordsPerSecond: /** @type {number} */ (JSON.parse(stdout.toString()).recordsPerSecond) };
    },
  };
}

/** kcat reads lines of a file, which costs it more than sending them: its figure is a lower bound. @param {string} directory */
async function throughKcat(directory) {
  const kcat = await findKcat();
  if (kcat === null) return null;
  return {
    name: 'kcat',
    /** @param {Load} load */
    async produce({ bootstrapServers, topic, records, recordBytes, acks }) {
      const file = path.join(directory, `lines-${recordBytes}`);
      await writeFile(file, `${'A'.repeat(recordBytes)}\n`.repeat(records));
      const options = Object.entries({ ...settings, acks }).flatMap(([name, value]) => [
        '-X',
        `${name}=${value}`,
      ]);
      const startedAtMs = performance.now();
      await run(kcat, ['-P', '-b', bootstrapServers, '-t', topic, ...options, '-l', file], { timeoutMs });
      return { recordsPerSecond: records / ((performance.now() - startedAtMs) / 1000) };
    },
  };
}
