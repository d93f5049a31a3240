// Decides how a client written in another language or for another Node is run: records go in and come out as JSON, admin programs say `ok` per step.
import { run } from './processes.mjs';
import { assertSameRecords, sampleRecords } from './sample-records.mjs';
import { createTopic } from './topics.mjs';

const partitions = 4;
const recordCount = 2_000;

/**
 * @typedef {{ command: string, cwd?: string }} Runtime what runs the program, and where
 * @typedef {{ bootstrapServers: string, topic: string, program: string, args: readonly string[], seed: number }} RoundTrip
 */

/** The program gets bootstrap servers, topic and `args`, and the records on standard input. @param {Runtime} runtime @param {RoundTrip} what */
export async function roundTrip({ command, cwd }, { bootstrapServers, topic, program, args, seed }) {
  const sent = sampleRecords(recordCount, seed);
  await createTopic(bootstrapServers, topic, partitions);
  const all = [program, bootstrapServers, topic, ...args];
  const { stdout } = await run(command, all, { input: JSON.stringify(sent), cwd });
  const lines = stdout.toString().trim().split('\n');
  assertSameRecords(
    sent,
    lines.map((line) => JSON.parse(line)),
  );
}

/** @param {Runtime} runtime @param {string} program @param {readonly string[]} args @param {number} steps how many must succeed */
export async function adminSteps({ command, cwd }, program, args, steps) {
  const { stdout } = await run(command, [program, ...args], { cwd });
  const done = stdout
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('ok '));
  if (done.length !== steps) throw new Error(`${done.length} of ${steps} steps:\n${stdout.toString()}`);
  return done.map((line) => line.slice('ok '.length)).join('; ');
}
