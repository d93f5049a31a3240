// Makes the record batches that `npm test` holds our reader and builder to, with Apache's own builder (Java and Maven are needed).
//
//   node interop/records/make-vectors.mjs          writes packages/core/test/protocol/records/vectors/apache-kafka-4.4.0.jsonl
//   node interop/records/make-vectors.mjs --check  makes them again and compares them with the committed ones
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

import { runRecordVectors } from './apache-records.mjs';

const vectorsFile = fileURLToPath(
  new URL('../../packages/core/test/protocol/records/vectors/apache-kafka-4.4.0.jsonl', import.meta.url),
);

/** Makes the vectors again; throws when one differs from the committed one in what it holds. Returns their number. */
export async function checkRecordVectors() {
  const { vectors } = await runRecordVectors('write');
  const committed = (await readFile(vectorsFile, 'utf8')).trimEnd().split('\n');
  if (committed.length !== vectors.length) {
    throw new Error(`${committed.length} record vectors are committed and ${vectors.length} were made`);
  }
  for (const [index, vector] of vectors.entries()) {
    if (!isDeepStrictEqual(comparable(JSON.parse(committed[index] ?? 'null')), comparable(vector))) {
      throw new Error(`The record vector ${vector.name} is not what Apache's builder makes now`);
    }
  }
  return vectors.length;
}

/** Compressed bytes are another JDK's or library's right; what they hold is not. @param {any} vector */
function comparable(vector) {
  if (vector === null || vector.batches.every((/** @type {any} */ batch) => batch.codec === 'none'))
    return vector;
  const batches = vector.batches.map(
    (/** @type {any} */ { crc: _crc, sizeBytes: _sizeBytes, ...rest }) => rest,
  );
  return { name: vector.name, batches };
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes('--check')) {
    console.log(`${await checkRecordVectors()} record vectors are as Apache's builder makes them.`);
  } else {
    const { text, vectors } = await runRecordVectors('write');
    await writeFile(vectorsFile, text);
    console.log(`${vectors.length} record vectors written to ${vectorsFile}`);
  }
}
