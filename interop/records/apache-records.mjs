// Decides how Apache Kafka's record batch code is run: RecordVectors.java, on jars from Maven Central.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from '../support/processes.mjs';
import { cacheDirectory } from '../support/tools.mjs';

const downloadTimeoutMs = 600_000;
const program = fileURLToPath(new URL('RecordVectors.java', import.meta.url));

/**
 * Runs the Java program (Java and Maven are needed) and gives the lines it printed, parsed.
 * @param {'write' | 'read'} mode
 * @param {string} [input] for 'read': lines "name hex"
 * @returns {Promise<{ text: string, vectors: any[] }>}
 */
export async function runRecordVectors(mode, input) {
  const { stdout } = await run('java', ['-cp', await classPath(), program, mode], { input });
  const text = stdout.toString();
  return {
    text,
    vectors: text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  };
}

async function classPath() {
  const libraries = path.join(cacheDirectory, 'record-vectors');
  if (!existsSync(libraries) || readdirSync(libraries).length < 5) {
    const pom = fileURLToPath(new URL('pom.xml', import.meta.url));
    const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${libraries}`];
    await run('mvn', args, { timeoutMs: downloadTimeoutMs });
  }
  return path.join(libraries, '*');
}
