// Decides that the files of a partition agree with each other, as kafka-dump-log's index check does.
import assert from 'node:assert/strict';
import type { MemoryFileSystem } from '../../../src/io/memory/memory-file-system.js';
import { OffsetIndex } from '../../../src/machines/log/offset-index.js';
import { TimeIndex } from '../../../src/machines/log/time-index.js';
import { batchesOf } from '../../../src/protocol/records/record-batch.js';

/** L15 to L17: segments do not overlap, every entry points at a batch, and says of it what the log says. */
export function checkIndexes(fileSystem: MemoryFileSystem, directory: string): void {
  const logs = fileSystem.list(directory).filter((entry) => entry.endsWith('.log'));
  let nextOffset = 0;
  for (const name of logs.toSorted()) {
    const path = `${directory}/${name.slice(0, -'.log'.length)}`;
    const baseOffset = Number(name.slice(0, 20));
    const log = fileSystem.readFile(`${path}.log`);
    const lastOffsetAt = new Map<number, number>();
    const largest = new Map<number, number>();
    let maxTimestamp = -1;
    assert.ok(baseOffset >= nextOffset, `${path}.log begins before ${nextOffset}`);
    for (const batch of batchesOf(log)) {
      assert.ok(batch.isValidCrc());
      assert.ok(batch.baseOffset >= baseOffset);
      nextOffset = batch.nextOffset;
      lastOffsetAt.set(batch.start, batch.lastOffset);
      if (batch.maxTimestamp > maxTimestamp) largest.set(batch.lastOffset, batch.maxTimestamp);
      maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp);
    }
    const offsetIndexBytes = fileSystem.readFile(`${path}.index`);
    const offsetIndex = OffsetIndex.decode(baseOffset, offsetIndexBytes, log.length);
    assert.equal(offsetIndex?.sizeBytes, offsetIndexBytes.length, `${path}.index`);
    for (let at = 0; at < offsetIndexBytes.length; at += 8) {
      const offset = baseOffset + offsetIndexBytes.readInt32BE(at);
      assert.equal(lastOffsetAt.get(offsetIndexBytes.readInt32BE(at + 4)), offset, `${path}.index`);
    }
    const timeIndexBytes = fileSystem.readFile(`${path}.timeindex`);
    const timeIndex = TimeIndex.decode(baseOffset, timeIndexBytes);
    assert.equal(timeIndex?.sizeBytes, timeIndexBytes.length, `${path}.timeindex`);
    for (let at = 0; at < timeIndexBytes.length; at += 12) {
      const offset = baseOffset + timeIndexBytes.readInt32BE(at + 8);
      assert.equal(largest.get(offset), Number(timeIndexBytes.readBigInt64BE(at)), `${path}.timeindex`);
    }
  }
}
