// Decides that compaction agrees with a simple model: the last committed record of each key stays, at its offset, in order (L29).
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { MemoryFileSystem } from '../../../src/io/memory/memory-file-system.js';
import type { CompressionType } from '../../../src/ports/compressor.js';
import { batchOf, fromClient, markerOf, nowMs } from '../../machines/log/log-fixtures.js';
import { finalState, lastOffsets } from './key-state.js';
import { batchesIn, LogHarness, readCommitted } from './log-harness.js';

const file = 'packages/core/test/runtime/log/compaction-model.test.ts';
const seed = Number(process.env['OTTLA_SEED'] ?? Date.now() % 0x7fffffff);
const effort = Number(process.env['OTTLA_EFFORT'] ?? 1);
const deleteRetentionMs = 10_000;

interface ModelRecord {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  /** Undecided while its transaction is open. */
  fate: 'committed' | 'aborted' | 'undecided';
}

type Action =
  | {
      readonly kind: 'append';
      readonly records: readonly { readonly key: number; readonly isTombstone: boolean }[];
      readonly compression: CompressionType;
      readonly producer: number;
      readonly isTransactional: boolean;
    }
  | { readonly kind: 'end'; readonly producer: number; readonly type: 'commit' | 'abort' }
  | { readonly kind: 'roll' | 'compact' | 'restart' | 'crash' | 'wait' | 'retain' };

const actions: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      records: fc.array(
        fc.record({
          key: fc.integer({ min: 0, max: 6 }),
          isTombstone: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      compression: fc.constantFrom('none' as const, 'none' as const, 'gzip' as const, 'lz4' as const),
      producer: fc.integer({ min: 0, max: 3 }),
      isTransactional: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      producer: fc.integer({ min: 0, max: 3 }),
      type: fc.constantFrom('commit' as const, 'abort' as const),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'roll' as const,
        'compact' as const,
        'compact' as const,
        'restart' as const,
        'crash' as const,
        'wait' as const,
        'retain' as const,
      ),
    }),
  },
);

/** The log and the model, side by side. */
class Comparison {
  readonly #harness: LogHarness;
  #records: ModelRecord[] = [];
  readonly #sequences = new Map<number, number>();
  readonly #open = new Set<number>();
  #endOffset = 0;
  #cleanedTo = 0;
  #serial = 0;
  #timestamp = nowMs;

  constructor(harness: LogHarness) {
    this.#harness = harness;
  }

  async apply(action: Action): Promise<void> {
    const harness = this.#harness;
    if (action.kind === 'append') this.#append(action);
    if (action.kind === 'end') this.#end(action.producer, action.type);
    if (action.kind === 'roll') this.#timestamp += 1_001;
    if (action.kind === 'compact') await harness.compact();
    if (action.kind === 'restart') await harness.restart();
    if (action.kind === 'crash') await harness.crash();
    if (action.kind === 'wait') await harness.time.advance(deleteRetentionMs);
    if (action.kind === 'retain') await harness.settle(harness.manager.deleteOldSegments());
    assert.equal(harness.partition.logEndOffset, this.#endOffset);
    assert.equal(harness.partition.logStartOffset, 0);
  }

  check(): void {
    const { partition } = this.#harness;
    const found = readCommitted(partition, 700);
    const stable = this.#records.filter(({ offset }) => offset < partition.lastStableOffset);
    const byOffset = new Map(stable.map((record) => [record.offset, record]));
    let last = -1;
    for (const { offset, key, value } of found) {
      const record = byOffset.get(offset);
      assert.deepEqual([offset, key, value, 'committed'], [offset, record?.key, record?.value, record?.fate]);
      assert.ok(offset > last, `offset ${offset} follows ${last}`);
      last = offset;
    }
    const committed = stable.filter(({ fate }) => fate === 'committed');
    // What a reader of the whole log ends with is the same, tombstones that went included.
    assert.deepEqual(finalState(found), finalState(committed));
    const foundOffsets = new Set(found.map(({ offset }) => offset));
    // A crash may forget how far compaction came; then it begins again.
    this.#cleanedTo = Math.max(this.#cleanedTo, partition.firstDirtyOffset ?? 0);
    const firstDirty = this.#cleanedTo;
    const lastCleanOffsets = lastOffsets(committed.filter(({ offset }) => offset < firstDirty));
    for (const { offset, key, value } of committed) {
      const isNeeded = offset >= firstDirty || lastCleanOffsets.get(key) === offset;
      if (isNeeded && value !== null) assert.ok(foundOffsets.has(offset), `record ${offset} is lost`);
      if (!isNeeded) assert.ok(!foundOffsets.has(offset), `record ${offset} should be gone`);
    }
    for (const { offset, fate } of stable) {
      if (fate === 'aborted' && offset < firstDirty) {
        const inFiles = batchesIn(partition).flatMap(({ records }) => records);
        assert.ok(!inFiles.some((text) => text.startsWith(`${offset} `)), `aborted record ${offset} stays`);
      }
    }
  }

  /** P7: the last batch of each producer is known, whatever was left of its records. */
  checkProducers(): void {
    for (const [producer, next] of this.#sequences) {
      const sent = batchOf([{ key: 'again' }], {
        producerId: producer,
        producerEpoch: 0,
        baseSequence: next + 1,
        isTransactional: true,
      });
      const result = this.#harness.partition.append(sent, fromClient);
      assert.equal(result.kind, 'rejected', `producer ${producer} may leave out sequence ${next}`);
    }
  }

  #append({ records, compression, producer, isTransactional }: Extract<Action, { kind: 'append' }>): void {
    const inTransaction = isTransactional || this.#open.has(producer);
    const sent = records.map(({ key, isTombstone }) => ({
      key: `key ${key}`,
      value: isTombstone ? null : `${this.#serial++} ${'v'.repeat(40)}`,
      timestamp: this.#timestamp,
    }));
    const baseSequence = this.#sequences.get(producer) ?? 0;
    const batch = batchOf(sent, {
      compression,
      producerId: producer,
      producerEpoch: 0,
      baseSequence,
      isTransactional: inTransaction,
    });
    const result = this.#harness.partition.append(batch, fromClient);
    assert.equal(result.kind, 'appended', JSON.stringify(result));
    if (inTransaction) this.#open.add(producer);
    this.#sequences.set(producer, baseSequence + sent.length);
    for (const { key, value } of sent) {
      const fate = inTransaction ? 'undecided' : 'committed';
      this.#records.push({ offset: this.#endOffset++, key, value, fate });
      this.#producerOf.set(this.#endOffset - 1, producer);
    }
  }

  readonly #producerOf = new Map<number, number>();

  #end(producer: number, type: 'commit' | 'abort'): void {
    if (!this.#open.delete(producer)) return;
    const result = this.#harness.partition.append(markerOf(type, producer), { origin: 'coordinator', nowMs });
    assert.equal(result.kind, 'appended');
    this.#endOffset += 1;
    for (const record of this.#records) {
      if (record.fate === 'undecided' && this.#producerOf.get(record.offset) === producer)
        record.fate = type === 'commit' ? 'committed' : 'aborted';
    }
  }
}

it('L28 L29 L30 L31 L32 agrees with a model', async () => {
  const property = fc.asyncProperty(fc.array(actions, { minLength: 5, maxLength: 70 }), async (sequence) => {
    const harness = await LogHarness.open(new MemoryFileSystem(), {
      config: {
        cleanupPolicy: 'compact',
        minCleanableDirtyRatio: 0,
        deleteRetentionMs,
        segmentBytes: 900,
        segmentMs: 1_000,
        indexIntervalBytes: 200,
        messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
      },
      cleaner: { backoffMs: 1e12, dedupeBufferBytes: 64 * 1024 },
      limits: { tailCacheBytesPerPartition: 2_048, tailCacheBytes: 2_048 },
    });
    const comparison = new Comparison(harness);
    for (const action of sequence) {
      await comparison.apply(action);
      comparison.check();
    }
    await comparison.apply({ kind: 'crash' });
    comparison.check();
    comparison.checkProducers();
  });
  const checked = fc.assert(property, { seed, numRuns: Math.ceil(150 * effort) }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const cause = error instanceof Error ? inspect(error.cause) : '';
    throw new Error(`${reason}\n${cause}\n\nseed ${seed}; replay: OTTLA_SEED=${seed} npm test -- ${file}`, {
      cause: error,
    });
  });
  await expect(checked).resolves.toBeUndefined();
}, 60_000);
