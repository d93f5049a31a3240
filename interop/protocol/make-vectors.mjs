// Makes the golden vectors that `npm test` holds our codecs to, with Apache's own serializers (Java and Maven are needed).
//
//   node interop/protocol/make-vectors.mjs          writes packages/core/test/protocol/vectors/messages.jsonl
//   node interop/protocol/make-vectors.mjs --check  makes them again and compares them with the committed ones
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from '../support/processes.mjs';
import { vectorClassPath } from './apache-jars.mjs';
import { allSchemas } from './schemas.mjs';

export const vectorsFile = fileURLToPath(
  new URL('../../packages/core/test/protocol/vectors/messages.jsonl', import.meta.url),
);

/** The vectors of every message that has a schema here, as JSON lines. */
async function makeVectors() {
  const program = fileURLToPath(new URL('vectors/MakeVectors.java', import.meta.url));
  const names = (await allSchemas()).map(({ message }) => message.name);
  const { stdout } = await run('java', ['-cp', await vectorClassPath(), program, ...names]);
  return stdout.toString();
}

/** Makes the vectors again; throws where the committed ones differ, and tells which. Returns their number. */
export async function checkVectors() {
  const made = (await makeVectors()).trimEnd().split('\n');
  const committed = (await readFile(vectorsFile, 'utf8')).trimEnd().split('\n');
  const line = made.findIndex((text, index) => text !== committed[index]);
  if (line !== -1 || made.length !== committed.length) {
    const where = line === -1 ? made.length : line;
    throw new Error(
      `${path.basename(vectorsFile)} has ${committed.length} vectors and ${made.length} were made; ` +
        `they differ from line ${where + 1} on:\n${committed[where]}\n${made[where]}\n` +
        'If that is as it should be, make them anew: node interop/protocol/make-vectors.mjs',
    );
  }
  return made.length;
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
    const text = await makeVectors();
    await writeFile(vectorsFile, text);
    console.log(`${text.trimEnd().split('\n').length} vectors written to ${vectorsFile}`);
  }
}
