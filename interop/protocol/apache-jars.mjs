// Decides how Apache's jars are fetched from Maven Central and how files inside one are read.
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateRawSync } from 'node:zlib';

import { run } from '../support/processes.mjs';
import { cacheDirectory } from '../support/tools.mjs';

const downloadTimeoutMs = 600_000;

/** All jars of the pom beside the vectors' program, as a class path. */
export async function vectorClassPath() {
  const pom = fileURLToPath(new URL('vectors/pom.xml', import.meta.url));
  const version = /<kafka\.version>(.*?)</.exec(await readFile(pom, 'utf8'))?.[1] ?? 'unknown';
  const libraries = path.join(cacheDirectory, 'protocol-vectors', version);
  await mkdir(libraries, { recursive: true });
  const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${libraries}`];
  await run('mvn', args, { timeoutMs: downloadTimeoutMs });
  return path.join(libraries, '*');
}

/**
 * The newest release of one of Kafka's jars, as Maven Central has it at this moment.
 * @param {string} artifact for example `kafka-clients`
 */
export async function newestKafkaJar(artifact) {
  const directory = path.join(cacheDirectory, 'protocol-newest', artifact);
  await mkdir(directory, { recursive: true });
  const args = ['-q', '-B', '-U', 'dependency:copy', '-Dmdep.useBaseVersion=true'];
  const before = new Set(await readdir(directory));
  await run(
    'mvn',
    [...args, `-Dartifact=org.apache.kafka:${artifact}:RELEASE`, `-DoutputDirectory=${directory}`],
    {
      timeoutMs: downloadTimeoutMs,
      cwd: directory,
    },
  );
  const jars = (await readdir(directory)).filter((name) => name.endsWith('.jar'));
  const newest = jars.find((name) => !before.has(name)) ?? jars.sort(byVersion).at(-1);
  if (newest === undefined) throw new Error(`Maven brought no jar of ${artifact} to ${directory}`);
  return path.join(directory, newest);
}

/** @param {string} left @param {string} right */
function byVersion(left, right) {
  return left.localeCompare(right, 'en', { numeric: true });
}

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const stored = 0;
const deflated = 8;

/**
 * The text of each file of a jar whose name passes; a jar is a zip, of which this reads the part that jars use.
 * @param {string} jar
 * @param {(name: string) => boolean} wanted
 * @returns {Promise<Map<string, string>>}
 */
export async function textsInJar(jar, wanted) {
  const bytes = await readFile(jar);
  let end = bytes.length - 22;
  while (end >= 0 && bytes.readUInt32LE(end) !== endOfDirectory) end--;
  if (end < 0) throw new Error(`${jar} is not a zip file`);
  const count = bytes.readUInt16LE(end + 10);
  let offset = bytes.readUInt32LE(end + 16);
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (let index = 0; index < count; index++) {
    if (bytes.readUInt32LE(offset) !== directoryEntry) throw new Error(`${jar} has a damaged directory`);
    const nameEnd = offset + 46 + bytes.readUInt16LE(offset + 28);
    const name = bytes.toString('utf8', offset + 46, nameEnd);
    if (wanted(name)) texts.set(name, textOf(bytes, offset, `${name} in ${jar}`));
    offset = nameEnd + bytes.readUInt16LE(offset + 30) + bytes.readUInt16LE(offset + 32);
  }
  return texts;
}

/** @param {Buffer} bytes @param {number} entry @param {string} label */
function textOf(bytes, entry, label) {
  const method = bytes.readUInt16LE(entry + 10);
  const local = bytes.readUInt32LE(entry + 42);
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const content = bytes.subarray(start, start + bytes.readUInt32LE(entry + 20));
  if (method === stored) return content.toString();
  if (method === deflated) return inflateRawSync(content).toString();
  throw new Error(`${label} is compressed by method ${method}, which is not known here`);
}
