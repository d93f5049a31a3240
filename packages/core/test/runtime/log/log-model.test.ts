// Decides that, whatever is done to a log, it agrees with a plain list of records: random appends, rolls, reopenings, cuts.
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { MemoryFileSystem } from '../../../src/io/memory/memory-file-system.js';
import type { CompressionType } from '../../../src/ports/compressor.js';
import { batchOf, fromClient, nowMs } from '../../machines/log/log-fixtures.js';
import { fileSystems, LogHarness, readAll } from './log-harness.js';

const file = 'packages/core/test/runtime/log/log-model.test.ts';
const seed = Number(process.env['OTTLA_SEED'] ?? Date.now() % 0x7fffffff);
const effort = Number(process.env['OTTLA_EFFORT'] ?? 1);

/** Checks a property on random values; OTTLA_EFFORT multiplies their number. */
async function assertSeeded<Values>(property: fc.IAsyncProperty<Values>, runs: number): Promise<void> {
  try {
    await fc.assert(property, { seed, numRuns: Math.ceil(runs * effort) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}\n\nseed ${seed}; replay: OTTLA_SEED=${seed} npm test -- ${file}`, {
      cause: error,
    });
  }
}

type Action =
  | {
      readonly kind: 'append';
      readonly count: number;
      readonly valueBytes: number;
      readonly timestamp: number;
      readonly compression: CompressionType;
    }
  | { readonly kind: 'send again' | 'restart' | 'crash' | 'flush' }
  | { readonly kind: 'cut'; readonly byte: number }
  | { readonly kind: 'read'; readonly offset: number; readonly maxBytes: number }
  | { readonly kind: 'seek'; readonly timestamp: number };

const timestamps = fc.integer({ min: 0, max: 50 });
const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 5 }),
      valueBytes: fc.integer({ min: 0, max: 300 }),
      timestamp: timestamps,
      compression: fc.constantFrom('none', 'none', 'gzip', 'lz4'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('send again' as const, 'restart' as const, 'crash' as const, 'flush' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), byte: fc.nat(2000) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('read' as const),
      offset: fc.nat(),
      maxBytes: fc.integer({ min: 1, max: 3000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('seek' as const), timestamp: timestamps }) },
);

interface ModelBatch {
  readonly baseOffset: number;
  readonly baseSequence: number;
  readonly sizeBytes: number;
  readonly values: readonly string[];
  readonly timestamp: number;
  readonly sent: Buffer;
}

/** The log and the list, side by side. */
class Comparison {
  readonly batches: ModelBatch[] = [];
  #serial = 0;

  constructor(readonly harness: LogHarness) {
    assert.equal(harness.partition.logEndOffset, 0);
  }

  get endOffset(): number {
    const last = this.batches.at(-1);
    return last === undefined ? 0 : last.baseOffset + last.values.length;
  }

  async apply(action: Action): Promise<void> {
    if (action.kind === 'append') this.#append(action);
    if (action.kind === 'send again') this.#sendAgain();
    if (action.kind === 'restart') await this.harness.restart();
    if (action.kind === 'crash') await this.harness.crash();
    if (action.kind === 'flush') await this.harness.manager.flush();
    if (action.kind === 'cut') await this.#cut(action.byte);
    if (action.kind === 'read') this.#read(action);
    if (action.kind === 'seek') this.#seek(action.timestamp);
    assert.equal(this.harness.partition.logEndOffset, this.endOffset);
    assert.equal(this.harness.partition.highWatermark, this.endOffset);
  }

  readEverything(): void {
    const expected = this.batches.flatMap(({ values, baseOffset }) =>
      values.map((value, at) => ({ offset: baseOffset + at, value })),
    );
    assert.deepEqual(readAll(this.harness.partition, 0, 100_000), expected);
    const sizeBytes = this.batches.reduce((sum, batch) => sum + batch.sizeBytes, 0);
    assert.equal(this.harness.partition.sizeBytes, sizeBytes);
  }

  #append({ count, valueBytes, timestamp, compression }: Extract<Action, { kind: 'append' }>): void {
    const values = Array.from({ length: count }, () => `${this.#serial++}:${'v'.repeat(valueBytes)}`);
    const last = this.batches.at(-1);
    const baseSequence = last === undefined ? 0 : last.baseSequence + last.values.length;
    const records = values.map((value) => ({ value, timestamp: nowMs + timestamp }));
    const sent = batchOf(records, { compression, producerId: 8, producerEpoch: 0, baseSequence });
    const baseOffset = this.endOffset;
    const result = this.harness.partition.append(Buffer.from(sent), fromClient);
    const lastOffset = baseOffset + count - 1;
    const expected = { kind: 'appended', baseOffset, lastOffset, logAppendTimeMs: -1, logStartOffset: 0 };
    assert.deepEqual(result, expected);
    this.batches.push({ baseOffset, baseSequence, sizeBytes: sent.length, values, timestamp, sent });
  }

  #sendAgain(): void {
    const last = this.batches.at(-1);
    if (last === undefined) return;
    const result = this.harness.partition.append(Buffer.from(last.sent), fromClient);
    assert.deepEqual(
      [result.kind, 'baseOffset' in result && result.baseOffset],
      ['duplicate', last.baseOffset],
    );
  }

  /** A crash that leaves the newest segment cut at some byte: the batches that are whole stay. */
  async #cut(byte: number): Promise<void> {
    const { harness } = this;
    const name = harness.files('.log').at(-1) ?? '';
    const base = Number(name.slice(0, 20));
    const size = harness.read(name).length;
    const keptBytes = size === 0 ? 0 : byte % (size + 1);
    await harness.crashAnd(() => harness.truncate(name, keptBytes));
    let position = 0;
    for (
      let at = this.batches.findIndex(({ baseOffset }) => baseOffset >= base);
      at >= 0 && at < this.batches.length;
      at++
    ) {
      position += this.batches[at]?.sizeBytes ?? 0;
      if (position > keptBytes) this.batches.length = at;
    }
  }

  #read({ offset, maxBytes }: Extract<Action, { kind: 'read' }>): void {
    const from = this.endOffset === 0 ? 0 : offset % (this.endOffset + 1);
    const result = this.harness.partition.read({
      fetchOffset: from,
      maxBytes,
      atLeastOneBatch: true,
      isolation: 'uncommitted',
    });
    if (result.kind === 'error')
      throw new Error(`read at ${from} of ${this.endOffset} gave ${result.errorCode}`);
    const first = this.batches.find(({ baseOffset, values }) => baseOffset + values.length > from);
    if (first === undefined) assert.equal(result.records.length, 0);
    else assert.deepEqual(result.records.subarray(21, first.sizeBytes), first.sent.subarray(21));
    if (first !== undefined) assert.ok(result.records.length <= Math.max(maxBytes, first.sizeBytes));
  }

  #seek(timestamp: number): void {
    const found = this.harness.partition.offsetForTimestamp(nowMs + timestamp, 'uncommitted');
    const expected = this.batches.find((batch) => batch.timestamp >= timestamp);
    assert.equal(found?.offset, expected?.baseOffset);
    const latest = this.batches.reduce((max, batch) => Math.max(max, batch.timestamp), -1);
    const ofMax = this.batches.find((batch) => batch.timestamp === latest);
    assert.equal(this.harness.partition.offsetOfMaxTimestamp()?.offset, ofMax?.baseOffset);
  }
}

const options = {
  config: { segmentBytes: 2500, indexIntervalBytes: 300 },
  limits: { tailCacheBytesPerPartition: 4096, tailCacheBytes: 4096 },
};

it.each(fileSystems)('L13 L21 L22 F3 F14 P7 agrees with a list, on %s', async (name, createFileSystem) => {
  const checked = assertSeeded(
    fc.asyncProperty(fc.array(actions, { minLength: 1, maxLength: 60 }), async (sequence) => {
      const comparison = new Comparison(await LogHarness.open(createFileSystem(), options));
      for (const action of sequence) await comparison.apply(action);
      comparison.readEverything();
      await comparison.harness.restart();
      comparison.readEverything();
      await comparison.harness.manager.close();
    }),
    name === 'disk' ? 15 : 120,
  );
  await expect(checked).resolves.toBeUndefined();
});

it('L22 a loss of power keeps a prefix that holds all that was flushed', async () => {
  const checked = assertSeeded(
    fc.asyncProperty(
      fc.array(actions, { minLength: 5, maxLength: 40 }),
      fc.infiniteStream(fc.nat()),
      async (sequence, cuts) => {
        const fileSystem = new MemoryFileSystem();
        const comparison = new Comparison(await LogHarness.open(fileSystem, options));
        for (const action of sequence) await comparison.apply(action);
        const flushedTo = comparison.harness.partition.recoveryPoint;
        const crashed = fileSystem.afterCrash(
          (_, synced, size) => synced + ((cuts.next().value ?? 0) % (size - synced + 1)),
        );
        const survivor = await LogHarness.open(crashed, options);
        const { partition } = survivor;
        assert.ok(partition.logEndOffset >= flushedTo);
        const all = comparison.batches.flatMap(({ values }) => values);
        const kept = readAll(partition, 0, 100_000).map(({ value }) => value);
        assert.deepEqual(kept, all.slice(0, kept.length));
        assert.equal(kept.length, partition.logEndOffset);
      },
    ),
    100,
  );
  await expect(checked).resolves.toBeUndefined();
});
