// Decides what the log directory holds that Apache's tools are to read: rolls, every codec, falling times, a crash, transactions.
import { readdir, stat, truncate } from 'node:fs/promises';
import path from 'node:path';

import { randomUuid } from '../../packages/core/dist/foundation/uuid.js';
import { createCompressors } from '../../packages/core/dist/io/compression/compressors.js';
import { createNodeClock } from '../../packages/core/dist/io/node/node-clock.js';
import { createNodeFileSystem } from '../../packages/core/dist/io/node/node-file-system.js';
import { createNodeRandom } from '../../packages/core/dist/io/node/node-random.js';
import { createNodeTimers } from '../../packages/core/dist/io/node/node-timers.js';
import { defaultLogConfig } from '../../packages/core/dist/machines/log/log-config.js';
import {
  controlRecordKey,
  endTransactionValue,
} from '../../packages/core/dist/protocol/records/control-record.js';
import { RecordBatchBuilder } from '../../packages/core/dist/protocol/records/record-batch-builder.js';
import { LogManager } from '../../packages/core/dist/runtime/log-manager.js';

const codecs = [undefined, 'gzip', 'snappy', 'lz4', 'zstd'];
const compressors = createCompressors();
const random = createNodeRandom();
const config = { ...defaultLogConfig, segmentBytes: 100_000, indexIntervalBytes: 1_000 };

/** @param {string} directory */
async function openManager(directory) {
  const manager = new LogManager({
    ports: {
      fileSystem: createNodeFileSystem(directory),
      clock: createNodeClock(),
      timers: createNodeTimers(),
      random,
      compressors,
      diagnostics: { log: () => undefined },
    },
    nodeId: 1,
    newUuid: () => randomUuid(random),
    configOf: () => config,
  });
  await manager.open();
  return manager;
}

/** @param {number} at @param {object} [options] of RecordBatchBuilder.close */
function batch(at, options = {}) {
  const builder = new RecordBatchBuilder({ batchSizeBytes: 1_000_000 });
  const count = 1 + (at % 7);
  for (let index = 0; index < count; index += 1) {
    // Times go up and down, so that time indexes skip entries.
    const timestamp = Date.now() - 100_000 + ((at * 7_919) % 50_000) + index;
    const value = `record ${at}.${index} ${'x'.repeat((at * 131) % 700)}`;
    builder.appendWithOffset(index, timestamp, `key ${at % 13}`, value, [{ key: 'header', value: `${at}` }]);
  }
  const codec = codecs[at % codecs.length];
  return builder.close({
    ...options,
    ...(codec === undefined ? {} : { compressor: compressors.get(codec) }),
  });
}

/** @param {any} partition @param {Buffer} records @param {'client' | 'coordinator'} [origin] */
function append(partition, records, origin = 'client') {
  const result = partition.append(records, { origin, nowMs: Date.now() });
  if (result.kind !== 'appended') throw new Error(`append was refused: ${JSON.stringify(result)}`);
}

/** @param {'commit' | 'abort'} type @param {number} producerId */
function marker(type, producerId) {
  const builder = new RecordBatchBuilder({ batchSizeBytes: 200 });
  builder.tryAppend(Date.now(), controlRecordKey(type), endTransactionValue(0));
  return builder.close({ producerId, producerEpoch: 0, isTransactional: true, isControl: true });
}

/** Fills a new directory; partitions: plain-0 closed well, crashed-0 cut and recovered, transactions-0,
 * compacted-0 in three rounds, with tombstones and transactions. @param {string} directory */
export async function writeLogDirectory(directory) {
  const topicId = randomUuid(random);
  let manager = await openManager(directory);
  const crashed = manager.createPartition('crashed', topicId, 0, config);
  const plain = manager.createPartition('plain', topicId, 0, config);
  for (let at = 0; at < 1_000; at += 1) {
    append(plain, batch(at));
    append(crashed, batch(at, { producerId: 7, producerEpoch: 0, baseSequence: sequenceAt(at) }));
  }
  await manager.flush();
  for (let at = 1_000; at < 1_100; at += 1) append(crashed, batch(at));
  const newest = crashed.logEndOffset;
  manager.abandon();
  await cutLastSegment(path.join(directory, 'crashed-0'));
  manager = await openManager(directory);
  const recovered = manager.partition('crashed', 0);
  if (recovered === undefined || recovered.logEndOffset >= newest) throw new Error('the cut was not noticed');
  for (let at = 0; at < 300; at += 1) append(recovered, batch(at));
  writeTransactions(manager.createPartition('transactions', topicId, 0, config));
  await writeCompacted(manager, topicId);
  await manager.close();
}

/** @param {number} at */
function sequenceAt(at) {
  let sequence = 0;
  for (let before = 0; before < at; before += 1) sequence += 1 + (before % 7);
  return sequence;
}

/** @param {any} manager @param {string} topicId */
async function writeCompacted(manager, topicId) {
  // A horizon in the past at the next round: tombstones, markers and emptied batches go while others begin to wait.
  const compacted = {
    ...config,
    cleanupPolicy: 'compact',
    minCleanableDirtyRatio: 0,
    deleteRetentionMs: 0,
    segmentBytes: 60_000,
  };
  const partition = manager.createPartition('compacted', topicId, 0, compacted);
  for (let round = 0; round < 3; round += 1) {
    for (let at = 0; at < 250; at += 1)
      append(partition, batch(at, { producerId: 8, producerEpoch: round, baseSequence: sequenceAt(at) }));
    for (let at = 0; at < 40; at += 1) append(partition, tombstones(at));
    writeTransactions(partition, 30, round * 10);
    for (let at = 0; at < 60; at += 1) append(partition, batch(at));
    if ((await manager.compactDueLogs()) === 0) throw new Error('nothing was compacted');
  }
}

/** @param {number} at */
function tombstones(at) {
  const builder = new RecordBatchBuilder({ batchSizeBytes: 1_000 });
  builder.tryAppend(Date.now(), `key ${at % 13}`, null);
  builder.tryAppend(Date.now(), `other key ${at}`, at % 2 === 0 ? null : 'value');
  const codec = codecs[at % codecs.length];
  return builder.close(codec === undefined ? {} : { compressor: compressors.get(codec) });
}

/** @param {any} partition @param {number} [count] of transactions of each producer @param {number} [idsFrom] */
function writeTransactions(partition, count = 200, idsFrom = 0) {
  const sequences = new Map();
  const producerIds = [100, 101, 102].map((id) => id + idsFrom);
  for (let at = 0; at < count; at += 1) {
    for (const producerId of producerIds) {
      const baseSequence = sequences.get(producerId) ?? 0;
      append(partition, batch(at, { producerId, producerEpoch: 0, baseSequence, isTransactional: true }));
      sequences.set(producerId, baseSequence + 1 + (at % 7));
    }
    for (const producerId of [1, 0, 2].map((index) => producerIds[index] ?? 0)) {
      append(partition, marker((at + producerId) % 3 === 0 ? 'abort' : 'commit', producerId), 'coordinator');
    }
  }
}

/** @param {string} directory of a partition */
async function cutLastSegment(directory) {
  const logs = (await readdir(directory)).filter((name) => name.endsWith('.log')).toSorted();
  const last = path.join(directory, logs.at(-1) ?? '');
  const { size } = await stat(last);
  await truncate(last, size - 33);
}
