// Decides that idempotent producers get Kafka's answers: P6 to P11.
import {
  decodeProducerSnapshot,
  encodeProducerSnapshot,
} from '../../../src/machines/log/producer-snapshot.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import { append, batchOf, createLog, fromClient, nowMs, producerBatch } from './log-fixtures.js';

const maxSequence = 2 ** 31 - 1;

describe('producer states', () => {
  it('P7 any of the last five batches is answered with its first offset, and nothing is appended', () => {
    const log = createLog();
    for (let at = 0; at < 7; at++) append(log, producerBatch(1, 0, at * 2, 2));
    for (let at = 2; at < 7; at++) {
      expect(append(log, producerBatch(1, 0, at * 2, 2))).toEqual({
        kind: 'duplicate',
        baseOffset: at * 2,
        lastOffset: at * 2 + 1,
        logAppendTimeMs: -1,
      });
    }
    expect(log.logEndOffset).toBe(14);
  });

  it('P7 corner case 10: the sixth-last batch is out of order', () => {
    const log = createLog();
    for (let at = 0; at < 6; at++) append(log, producerBatch(1, 0, at));
    expect(append(log, producerBatch(1, 0, 0))).toMatchObject({
      errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    });
  });

  it('P7 a batch that only overlaps a known one is no duplicate', () => {
    const log = createLog();
    append(log, producerBatch(1, 0, 0, 5));
    expect(append(log, producerBatch(1, 0, 0, 4))).toMatchObject({
      errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    });
    expect(append(log, producerBatch(1, 0, 4, 1))).toMatchObject({
      errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    });
  });

  it('L4 P8 corner case 11: the sequence wraps from 2147483647 to 0', () => {
    const log = createLog();
    append(log, producerBatch(1, 0, maxSequence - 1, 2));
    expect(append(log, producerBatch(1, 0, 0, 2))).toMatchObject({ kind: 'append', baseOffset: 2 });
    const across = createLog();
    append(across, producerBatch(1, 0, maxSequence, 3));
    expect(append(across, producerBatch(1, 0, 2))).toMatchObject({ kind: 'append' });
    expect(append(across, producerBatch(1, 0, maxSequence, 3))).toMatchObject({
      kind: 'duplicate',
      baseOffset: 0,
    });
  });

  it('P8 corner case 12: an unknown producer may start at any sequence', () => {
    expect(append(createLog(), producerBatch(1, 0, 7))).toMatchObject({ kind: 'append', baseOffset: 0 });
  });

  it.each([
    ['a gap', 0, 2, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER],
    ['corner case 13: a new epoch that starts at 1', 6, 1, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER],
    ['corner case 13: an older epoch', 4, 1, ErrorCode.INVALID_PRODUCER_EPOCH],
  ])('P8 %s is refused, and changes nothing', (_, epoch, sequence, errorCode) => {
    const log = createLog();
    append(log, producerBatch(1, 5, 0));
    const effective = epoch === 0 ? 5 : epoch;
    expect(append(log, producerBatch(1, effective, sequence))).toMatchObject({ kind: 'rejected', errorCode });
    expect(append(log, producerBatch(1, 5, 1))).toMatchObject({ kind: 'append', baseOffset: 1 });
  });

  it('P8 a new epoch starts at 0 and forgets the old one', () => {
    const log = createLog();
    append(log, producerBatch(1, 0, 0));
    expect(append(log, producerBatch(1, 1, 0))).toMatchObject({ kind: 'append' });
    expect(append(log, producerBatch(1, 0, 1))).toMatchObject({
      errorCode: ErrorCode.INVALID_PRODUCER_EPOCH,
    });
  });

  it('P9 F1 an open transaction holds the last stable offset back and takes no other batch of its producer', () => {
    const log = createLog();
    append(log, batchOf([{}]));
    append(log, batchOf([{}], { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true }));
    append(log, batchOf([{}]));
    expect([log.lastStableOffset, log.highWatermark]).toEqual([1, 3]);
    expect(append(log, producerBatch(1, 0, 1))).toMatchObject({ errorCode: ErrorCode.INVALID_TXN_STATE });
  });

  it('P10 a silent producer is forgotten after producer.id.expiration.ms', () => {
    const log = createLog();
    append(log, producerBatch(1, 0, 0));
    log.producers.expire(nowMs + 86_400_000 - 1);
    expect(log.producers.size).toBe(1);
    log.producers.expire(nowMs + 86_400_000 + 600_000);
    expect(log.producers.size).toBe(0);
  });

  it('P11 a snapshot keeps the newest batch of each producer', () => {
    const log = createLog();
    for (let at = 0; at < 3; at++) append(log, producerBatch(9, 2, at * 3, 3));
    append(log, batchOf([{}], { producerId: 4, producerEpoch: 0, baseSequence: 0, isTransactional: true }));
    const bytes = encodeProducerSnapshot(log.producers.all());
    expect(bytes.length).toBe(10 + 2 * 46);
    expect(decodeProducerSnapshot(bytes)).toEqual([
      {
        producerId: 9,
        producerEpoch: 2,
        coordinatorEpoch: -1,
        lastTimestamp: nowMs,
        currentTransactionFirstOffset: -1,
        batches: [{ lastSequence: 8, lastOffset: 8, offsetDelta: 2, timestamp: nowMs }],
      },
      expect.objectContaining({ producerId: 4, currentTransactionFirstOffset: 9 }),
    ]);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x40;
      expect(decodeProducerSnapshot(damaged)).toBeNull();
    }
    expect(decodeProducerSnapshot(bytes.subarray(0, 40))).toBeNull();
  });

  it('P6 a plan that is not replayed changes nothing', () => {
    const log = createLog();
    log.prepareAppend(producerBatch(1, 0, 0), fromClient);
    expect([log.logEndOffset, log.producers.size]).toEqual([0, 0]);
  });
});
