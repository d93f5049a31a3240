// Writes record batches with our builder in every codec and has Apache Kafka's reader say what it finds in them.
//
//   node interop/records/check-ours.mjs   ends with 1 at the first difference (Java and Maven are needed)
import { createHash, randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { runRecordVectors } from './apache-records.mjs';

const built = new URL('../../packages/core/dist/', import.meta.url);
/** @param {string} file */
const load = (file) => import(new URL(file, built).href);

const startMs = 1_700_000_000_000;
const longBytes = 256;

/** The records each case writes; keys and values as text, bytes or null. */
function recordSets() {
  const noise = randomBytes(100_000);
  return {
    one: [{ timestamp: startMs, key: 'key', value: 'value' }],
    'no timestamp': [{ timestamp: -1, key: null, value: 'x' }],
    nulls: [
      { timestamp: startMs, key: null, value: 'no key' },
      { timestamp: startMs, key: 'no value', value: null },
      { timestamp: startMs, key: null, value: null },
      { timestamp: startMs, key: '', value: Buffer.alloc(0) },
    ],
    headers: [
      {
        timestamp: startMs,
        key: 'k',
        value: 'v',
        headers: [
          { key: 'a', value: '1' },
          { key: 'a', value: null },
          { key: 'Schlüssel-🔑', value: Buffer.from([0, 255]) },
          { key: 'long', value: 'ä'.repeat(100) },
        ],
      },
    ],
    timestamps: [0, -1, 63, 64, -64, -65, 2 ** 31, -(2 ** 31), 2 ** 40, 2 ** 51].map((delta) => ({
      timestamp: startMs + delta,
      key: 'k',
      value: 't',
    })),
    'text of every length': Array.from({ length: 300 }, (_, length) => ({
      timestamp: startMs + length,
      key: 'k'.repeat(length % 70),
      value: (length % 3 === 0 ? 'ü' : length % 3 === 1 ? '€' : 'a').repeat(length),
    })),
    large: Array.from({ length: 40 }, (_, index) => ({
      timestamp: startMs,
      key: `k${index}`,
      value: `large value ${index} `.repeat(700),
    })),
    'noise and zeros': [
      { timestamp: startMs, key: noise.subarray(0, 300), value: noise },
      { timestamp: startMs, key: 'zeros', value: Buffer.alloc(1_000_000) },
    ],
  };
}

/** How each record set is closed. */
const closings = {
  plain: {},
  'log append time': { logAppendTimeMs: startMs + 99, partitionLeaderEpoch: 4 },
  idempotent: { producerId: 2 ** 33 + 5, producerEpoch: 3, baseSequence: 0x7fff_fff0 },
  transactional: { producerId: 9, producerEpoch: 0, baseSequence: 0, isTransactional: true },
};

/** Bytes as the Java program prints them. @param {Uint8Array | string | null} input */
function hex(input) {
  if (input === null) return null;
  const bytes = Buffer.from(input);
  if (bytes.length <= longBytes) return bytes.toString('hex');
  return `${bytes.length}:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** @returns {Promise<Map<string, { bytes: Buffer, expected: Record<string, unknown> }>>} */
async function writeBatches() {
  const { RecordBatchBuilder } = await load('protocol/records/record-batch-builder.js');
  const { createCompressors } = await load('io/compression/compressors.js');
  const compressors = createCompressors();
  const batches = new Map();
  for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
    const compressor = codec === 'none' ? undefined : compressors.get(codec);
    for (const [setName, records] of Object.entries(recordSets())) {
      for (const [closingName, closing] of Object.entries(closings)) {
        const builder = new RecordBatchBuilder({ batchSizeBytes: 4 * 1024 * 1024, buffer: Buffer.alloc(64) });
        for (const { timestamp, key, value, headers } of records) {
          if (!builder.tryAppend(timestamp, key, value, headers)) throw new Error(`${setName}: no room`);
        }
        const bytes = builder.close({ ...closing, compressor });
        const name = `${codec}/${setName}/${closingName}`.replaceAll(' ', '-');
        batches.set(name, { bytes, expected: expectedBatch(codec, records, closing, bytes.length) });
      }
    }
  }
  return batches;
}

/**
 * @param {string} codec @param {readonly any[]} records @param {any} closing @param {number} sizeBytes
 */
function expectedBatch(codec, records, closing, sizeBytes) {
  const { logAppendTimeMs, producerId = -1, producerEpoch = -1, baseSequence = -1 } = closing;
  return {
    codec,
    sizeBytes,
    baseOffset: 0,
    lastOffset: records.length - 1,
    partitionLeaderEpoch: closing.partitionLeaderEpoch ?? -1,
    timestampType: logAppendTimeMs === undefined ? 'CreateTime' : 'LogAppendTime',
    maxTimestamp: logAppendTimeMs ?? Math.max(...records.map(({ timestamp }) => timestamp)),
    producerId,
    producerEpoch,
    baseSequence,
    lastSequence: baseSequence < 0 ? -1 : (baseSequence + records.length - 1) % 2 ** 31,
    isTransactional: closing.isTransactional === true,
    isControl: false,
    deleteHorizonMs: null,
    recordCount: records.length,
    records: records.map(({ timestamp, key, value, headers = [] }, offset) => ({
      offset,
      timestamp: logAppendTimeMs ?? timestamp,
      key: hex(key),
      value: hex(value),
      headers: headers.map((/** @type {any} */ header) => [hex(header.key), hex(header.value)]),
    })),
  };
}

/** Throws at the first batch in which Apache's reader does not find what was written. Returns the number of batches. */
export async function checkOurRecords() {
  const batches = await writeBatches();
  const input = [...batches].map(([name, { bytes }]) => `${name} ${bytes.toString('hex')}\n`).join('');
  const { vectors } = await runRecordVectors('read', input);
  if (vectors.length !== batches.size) {
    throw new Error(`Apache's reader told of ${vectors.length} of ${batches.size} batches`);
  }
  for (const { name, batches: found } of vectors) {
    const written = batches.get(name);
    if (written === undefined) throw new Error(`Apache's reader told of ${name}, which was not written`);
    const actual = found.map((/** @type {any} */ { crc: _crc, ...rest }) => rest);
    if (!isDeepStrictEqual(actual, [written.expected])) {
      throw new Error(
        `Apache's reader finds something else in ${name}:\n${JSON.stringify(actual).slice(0, 1500)}\n` +
          `expected:\n${JSON.stringify([written.expected]).slice(0, 1500)}`,
      );
    }
  }
  return batches.size;
}

if (process.argv[1] === import.meta.filename) {
  try {
    console.log(`${await checkOurRecords()} batches of our builder read as written by Apache's reader.`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
