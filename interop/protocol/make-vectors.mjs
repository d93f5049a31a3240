// Makes the golden vectors that `npm test` holds our codecs to, with Apache's own serializers (Java and Maven are needed).
//
//   node interop/protocol/make-vectors.mjs          writes packages/core/test/protocol/vectors/*.jsonl, a file per subject
//   node interop/protocol/make-vectors.mjs --check  makes them again and compares them with the committed ones
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from '../support/processes.mjs';
import { vectorClassPath } from './apache-jars.mjs';
import { allSchemas } from './schemas.mjs';

const directory = fileURLToPath(new URL('../../packages/core/test/protocol/vectors/', import.meta.url));

/** The vectors of every message that has a schema here, as JSON lines, by the file that they belong in. */
async function makeVectors() {
  const program = fileURLToPath(new URL('vectors/MakeVectors.java', import.meta.url));
  const schemas = await allSchemas();
  const names = schemas.map(({ message }) => message.name);
  const { stdout } = await run('java', ['-cp', await vectorClassPath(), program, ...names]);
  const fileOf = new Map(schemas.map(({ message, subject }) => [message.name, `${subject}.jsonl`]));
  /** @type {Map<string, string[]>} */
  const files = new Map();
  for (const line of stdout.toString().trimEnd().split('\n')) {
    const file = fileOf.get(JSON.parse(line).message) ?? '';
    const lines = files.get(file);
    if (lines === undefined) files.set(file, [line]);
    else lines.push(line);
  }
  return files;
}

/** Makes the vectors again; throws where the committed ones differ, and tells which. Returns their number. */
export async function checkVectors() {
  const files = await makeVectors();
  let count = 0;
  for (const [file, made] of files) {
    const committed = (await readFile(path.join(directory, file), 'utf8')).trimEnd().split('\n');
    const line = made.findIndex((text, index) => text !== committed[index]);
    if (line !== -1 || made.length !== committed.length) {
      const where = line === -1 ? made.length : line;
      throw new Error(
        `${file} has ${committed.length} vectors and ${made.length} were made; ` +
          `they differ from line ${where + 1} on:\n${committed[where]}\n${made[where]}\n` +
          'If that is as it should be, make them anew: node interop/protocol/make-vectors.mjs',
      );
    }
    count += made.length;
  }
  return count;
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes('--check')) {
    try {
      console.log(`${await checkVectors()} vectors are as Apache's serializers make them.`);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    }
  } else {
    for (const [file, lines] of await makeVectors()) {
      await writeFile(path.join(directory, file), `${lines.join('\n')}\n`);
      console.log(`${lines.length} vectors written to ${path.join(directory, file)}`);
    }
  }
}
