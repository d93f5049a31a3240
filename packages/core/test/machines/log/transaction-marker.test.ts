// Decides that a log ends transactions by the markers of those who may, and shows what is decided when it is replicated: P9, F1, KIP-1228.
import { markerBatch, type TransactionMarker } from '../../../src/machines/log/transaction-marker.js';
import type { PartitionLog } from '../../../src/machines/log/partition-log.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import { append, batchOf, createLog, nowMs, producerBatch } from './log-fixtures.js';

function transactional(producerEpoch: number, baseSequence = 0, producerId = 1): Buffer {
  return batchOf([{}], { producerId, producerEpoch, baseSequence, isTransactional: true });
}

function markerOf(marker: Partial<TransactionMarker>): TransactionMarker {
  return {
    type: 'commit',
    producerId: 1,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    transactionVersion: 0,
    ...marker,
  };
}

function end(log: PartitionLog, fields: Partial<TransactionMarker> = {}) {
  const marker = markerOf(fields);
  return append(log, markerBatch(marker, nowMs), { origin: 'coordinator', nowMs, marker });
}

describe('transaction markers', () => {
  it.each([
    ['an older epoch', { producerEpoch: 2 }, ErrorCode.INVALID_PRODUCER_EPOCH],
    [
      'an older coordinator',
      { producerEpoch: 3, coordinatorEpoch: 4 },
      ErrorCode.TRANSACTION_COORDINATOR_FENCED,
    ],
  ])('P9: of %s are refused and change nothing', (_name, marker, errorCode) => {
    const log = createLog();
    append(log, transactional(3));
    end(log, { producerEpoch: 3, coordinatorEpoch: 5 });
    append(log, transactional(3, 1));
    expect(end(log, marker)).toMatchObject({ kind: 'rejected', errorCode });
    expect([log.logEndOffset, log.lastStableOffset]).toEqual([3, 2]);
    expect(end(log, { producerEpoch: 3, coordinatorEpoch: 5 })).toMatchObject({ kind: 'append' });
    expect(log.lastStableOffset).toBe(4);
  });

  it('P9: of a higher epoch end the transaction, and fence its producer', () => {
    const log = createLog();
    append(log, transactional(3));
    expect(end(log, { type: 'abort', producerEpoch: 4 })).toMatchObject({ kind: 'append' });
    expect(append(log, transactional(3, 1))).toMatchObject({ errorCode: ErrorCode.INVALID_PRODUCER_EPOCH });
    expect(append(log, transactional(4))).toMatchObject({ kind: 'append' });
  });

  it('KIP-1228: of transaction.version 2 need an epoch of their own, unless they come once more', () => {
    const second = { transactionVersion: 2 };
    const log = createLog();
    append(log, transactional(0));
    expect(end(log, { ...second, producerEpoch: 0 })).toMatchObject({
      errorCode: ErrorCode.INVALID_PRODUCER_EPOCH,
    });
    expect(end(log, { ...second, producerEpoch: 1 })).toMatchObject({ kind: 'append' });
    expect(end(log, { ...second, producerEpoch: 1 })).toMatchObject({ kind: 'append' });
    append(log, transactional(1));
    // The marker of the transaction before, delayed on its way, must not end this one.
    expect(end(log, { ...second, producerEpoch: 1 })).toMatchObject({
      errorCode: ErrorCode.INVALID_PRODUCER_EPOCH,
    });
    expect(log.producers.hasOpenTransaction(1, 1)).toBe(true);
  });

  it('corner case 23, F1: a decision is not seen before its marker is below the high watermark', () => {
    const log = createLog();
    const write = (outcome: ReturnType<typeof log.prepareAppend>): void => {
      if (outcome.kind !== 'append') throw new Error('refused');
      log.replayAppend(outcome);
    };
    const client = { origin: 'client', nowMs } as const;
    write(log.prepareAppend(transactional(0), client));
    write(
      log.prepareAppend(markerBatch(markerOf({}), nowMs), {
        origin: 'coordinator',
        nowMs,
        marker: markerOf({}),
      }),
    );
    log.advanceHighWatermark(1);
    expect(log.producers.hasOpenTransaction(1, 0)).toBe(false);
    expect([log.highWatermark, log.lastStableOffset]).toEqual([1, 0]);
    log.advanceHighWatermark(2);
    expect(log.lastStableOffset).toBe(2);
  });

  it('corner case 25: of a producer without records add no aborted transaction and leave the stable offset', () => {
    const log = createLog();
    append(log, transactional(0, 0, 7));
    append(log, producerBatch(9, 0, 0));
    end(log, { type: 'abort', producerId: 1 });
    expect(log.lastStableOffset).toBe(0);
    end(log, { type: 'commit', producerId: 7 });
    expect([log.lastStableOffset, log.activeSegment.transactionIndex.entries]).toEqual([4, []]);
  });

  it('P9: the offsets that a coordinator writes for a fenced producer are refused', () => {
    const log = createLog();
    const offsets = (producerEpoch: number) =>
      append(log, batchOf([{}], { producerId: 1, producerEpoch, isTransactional: true }), {
        origin: 'coordinator',
        nowMs,
      });
    expect(offsets(3)).toMatchObject({ kind: 'append' });
    end(log, { type: 'abort', producerEpoch: 4 });
    expect(offsets(3)).toMatchObject({ errorCode: ErrorCode.INVALID_PRODUCER_EPOCH });
    expect(offsets(4)).toMatchObject({ kind: 'append' });
  });
});
