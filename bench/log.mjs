// Measures the log alone, without network: appends and reads of 16 KiB batches of 100 B records, on disk and in memory.
//
//   node bench/log.mjs [megabytes]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { useCrc32c } from '../packages/core/dist/foundation/crc32c.js';
import { randomUuid } from '../packages/core/dist/foundation/uuid.js';
import { createCompressors } from '../packages/core/dist/io/compression/compressors.js';
import { MemoryFileSystem } from '../packages/core/dist/io/memory/memory-file-system.js';
import { loadNativeCrc32c } from '../packages/core/dist/io/node/native-crc32c.js';
import { createNodeClock } from '../packages/core/dist/io/node/node-clock.js';
import { createNodeFileSystem } from '../packages/core/dist/io/node/node-file-system.js';
import { createNodeRandom } from '../packages/core/dist/io/node/node-random.js';
import { createNodeTimers } from '../packages/core/dist/io/node/node-timers.js';
import { defaultLogConfig } from '../packages/core/dist/machines/log/log-config.js';
import { RecordBatchBuilder } from '../packages/core/dist/protocol/records/record-batch-builder.js';
import { LogManager } from '../packages/core/dist/runtime/log-manager.js';

const totalBytes = Number(process.argv[2] ?? 512) * 1e6;
const random = createNodeRandom();
const clock = createNodeClock();
useCrc32c(loadNativeCrc32c());

/** One batch of 100 B records, full at 16 KiB. */
function batchOf100ByteRecords(options = {}) {
  const builder = new RecordBatchBuilder({ batchSizeBytes: 16_384 });
  const value = Buffer.alloc(100, 'v');
  while (builder.tryAppend(Date.now(), null, value));
  return { bytes: builder.close(options), recordCount: builder.recordCount };
}

/** @param {string} name @param {import('../packages/core/dist/ports/file-system.js').FileSystem} fileSystem */
async function openPartition(name, fileSystem) {
  const manager = new LogManager({
    ports: {
      fileSystem,
      clock,
      timers: createNodeTimers(),
      random,
      compressors: createCompressors(),
      diagnostics: { log: (level, message, fields) => console.error(level, message, fields) },
    },
    nodeId: 1,
    newUuid: () => randomUuid(random),
    configOf: () => defaultLogConfig,
  });
  await manager.open();
  return { manager, partition: manager.createPartition(name, randomUuid(random), 0, defaultLogConfig) };
}

/** Rates by CPU time, which other work on the machine disturbs less than the clock. */
const start = () => process.cpuUsage();

/** @param {string} what @param {number} bytes @param {number} records @param {NodeJS.CpuUsage} started */
function report(what, bytes, records, started) {
  const { user, system } = process.cpuUsage(started);
  const seconds = (user + system) / 1e6;
  const rates = `${(bytes / 1e6 / seconds).toFixed(0).padStart(6)} MB/s ${(records / 1e6 / seconds).toFixed(2).padStart(6)} M records/s`;
  console.log(`${what.padEnd(44)} ${rates}`);
}

/** @param {string} where @param {import('../packages/core/dist/ports/file-system.js').FileSystem} fileSystem */
async function measure(where, fileSystem) {
  const { manager, partition } = await openPartition('bench', fileSystem);
  const { bytes, recordCount } = batchOf100ByteRecords();
  const count = Math.floor(totalBytes / bytes.length);
  const appendAll = (tail) => {
    for (let at = 0; at < count; at += 1) {
      // A batch comes with base offset 0; the log writes its own into the same bytes.
      bytes.writeBigInt64BE(0n, 0);
      const result = partition.append(bytes, { origin: 'client', nowMs: clock.nowMs() });
      if (result.kind !== 'appended') throw new Error(JSON.stringify(result));
      if (tail) {
        const read = partition.read({
          fetchOffset: result.baseOffset,
          maxBytes: 1e6,
          atLeastOneBatch: true,
          isolation: 'uncommitted',
        });
        if (read.kind !== 'read' || read.records.length !== bytes.length) throw new Error('tail read failed');
      }
    }
  };
  let started = start();
  appendAll(false);
  report(`append, ${where}`, count * bytes.length, count * recordCount, started);
  started = start();
  appendAll(true);
  report(`append and read at the tail, ${where}`, count * bytes.length, count * recordCount, started);
  started = start();
  let offset = 0;
  let readBytes = 0;
  while (offset < partition.logEndOffset) {
    const read = partition.read({
      fetchOffset: offset,
      maxBytes: 1_048_576,
      atLeastOneBatch: true,
      isolation: 'uncommitted',
    });
    if (read.kind !== 'read') throw new Error(JSON.stringify(read));
    readBytes += read.records.length;
    offset += (read.records.length / bytes.length) * recordCount;
  }
  report(`read all in fetches of 1 MiB, ${where}`, readBytes, offset, started);
  manager.abandon();
  started = start();
  const again = new LogManager({
    ports: {
      fileSystem,
      clock,
      timers: createNodeTimers(),
      random,
      compressors: createCompressors(),
      diagnostics: { log: () => undefined },
    },
    nodeId: 1,
    newUuid: () => randomUuid(random),
    configOf: () => defaultLogConfig,
  });
  await again.open();
  report(`recovery after a crash, ${where}`, readBytes, offset, started);
  await again.close();
}

const directory = mkdtempSync(path.join(tmpdir(), 'ottla-bench-log-'));
try {
  await measure('disk', createNodeFileSystem(directory));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
await measure('memory', new MemoryFileSystem({ clock }));
