// Decides that a leader takes and corrects batches as Kafka does: L7 to L11, P2.
import { ErrorCode } from '../../../src/protocol/errors.js';
import { headerField, RecordBatch } from '../../../src/protocol/records/record-batch.js';
import { RecordCursor } from '../../../src/protocol/records/record-reader.js';
import { sizeOfVarint, writeVarint } from '../../../src/foundation/varint.js';
import type { CompressionType } from '../../../src/ports/compressor.js';
import {
  altered,
  append,
  batchOf,
  compressors,
  createLog,
  fromClient,
  nowMs,
  viewOf,
} from './log-fixtures.js';

const three = [{ key: 'a' }, { key: 'b' }, { key: 'c' }];
const codecs: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const expansion = { decompressors: compressors, maxBytes: 1024 * 1024 };

function recordsIn(batch: RecordBatch): [number, number, string | null][] {
  const cursor = new RecordCursor(batch, expansion);
  const records: [number, number, string | null][] = [];
  while (cursor.next()) records.push([cursor.offset, cursor.timestamp, cursor.keyText]);
  return records;
}

describe('what is refused', () => {
  const good = batchOf(three);
  const flipped = Buffer.from(good);
  flipped[80] = (flipped[80] ?? 0) ^ 1;
  const noRecords = altered(good, (view) => {
    view.buffer.writeInt32BE(0, headerField.recordCount);
  });
  it.each([
    ['P2 no bytes', Buffer.alloc(0), ErrorCode.INVALID_RECORD],
    ['P2 a cut batch', good.subarray(0, good.length - 1), ErrorCode.INVALID_RECORD],
    [
      'P2 magic 1',
      altered(good, (view) => void view.buffer.writeInt8(1, headerField.magic)),
      ErrorCode.INVALID_RECORD,
    ],
    ['P2 corner case 5: two batches', Buffer.concat([good, good]), ErrorCode.INVALID_RECORD],
    ['L7 a base offset', altered(good, (view) => view.setBaseOffset(5)), ErrorCode.INVALID_RECORD],
    ['L7 a checksum that does not fit', flipped, ErrorCode.CORRUPT_MESSAGE],
    [
      'L7 a length below the header',
      altered(good, (view) => void view.buffer.writeInt32BE(48, 8)),
      ErrorCode.CORRUPT_MESSAGE,
    ],
    ['L7 a record count of 0', noRecords, ErrorCode.INVALID_RECORD],
    [
      'L7 a last offset delta that differs from the count',
      altered(good, (view) => void view.buffer.writeInt32BE(3, headerField.lastOffsetDelta)),
      ErrorCode.INVALID_RECORD,
    ],
    [
      'L7 fewer records than counted',
      altered(good, (view) => {
        view.buffer.writeInt32BE(4, headerField.recordCount);
        view.buffer.writeInt32BE(3, headerField.lastOffsetDelta);
      }),
      ErrorCode.INVALID_RECORD,
    ],
    ['L7 a control batch', batchOf(three, { isControl: true }), ErrorCode.INVALID_RECORD],
    [
      'L7 a producer without sequence',
      batchOf(three, { producerId: 1, producerEpoch: 0 }),
      ErrorCode.INVALID_RECORD,
    ],
  ])('%s', (_, records, errorCode) => {
    const log = createLog();
    expect(append(log, Buffer.from(records))).toMatchObject({ kind: 'rejected', errorCode });
    expect(log.logEndOffset).toBe(0);
  });

  it('L11 corner case 8: exactly max.message.bytes is taken, one more byte is not', () => {
    const { length } = good;
    expect(append(createLog({ maxMessageBytes: length }), Buffer.from(good)).kind).toBe('append');
    const refused = append(createLog({ maxMessageBytes: length - 1 }), Buffer.from(good));
    expect(refused).toMatchObject({ errorCode: ErrorCode.MESSAGE_TOO_LARGE });
  });

  it('L11 more than segment.bytes', () => {
    const refused = append(createLog({ segmentBytes: good.length - 1 }), Buffer.from(good));
    expect(refused).toMatchObject({ errorCode: ErrorCode.RECORD_LIST_TOO_LARGE });
  });

  it.each(codecs.filter((codec) => codec !== 'none'))(
    'L7 a batch of %s that expands past its bound',
    (compression) => {
      const bomb = batchOf([{ value: '0'.repeat(200_000) }], { compression });
      expect(append(createLog({}, 100_000), bomb)).toMatchObject({ errorCode: ErrorCode.MESSAGE_TOO_LARGE });
    },
  );

  it.each(codecs.filter((codec) => codec !== 'none'))(
    'L7 damaged %s under a right checksum',
    (compression) => {
      const batch = batchOf([{ value: 'abcdefgh'.repeat(100) }], { compression });
      const damaged = altered(batch, (view) => void view.buffer.fill(0xff, 61, Math.min(view.end, 75)));
      expect(append(createLog(), damaged)).toMatchObject({
        kind: 'rejected',
        errorCode: ErrorCode.CORRUPT_MESSAGE,
      });
    },
  );

  it.each([...codecs])('L10 one record out of time refuses the %s batch and is named', (compression) => {
    const late = nowMs + 3_600_001;
    const outcome = append(
      createLog(),
      batchOf([{}, { timestamp: late }, { timestamp: -1 }], { compression }),
    );
    expect(outcome).toMatchObject({
      errorCode: ErrorCode.INVALID_TIMESTAMP,
      recordErrors: [{ batchIndex: 1, message: expect.stringContaining(String(late)) }],
    });
  });

  it('L10 limits before and after are inclusive', () => {
    const config = { messageTimestampBeforeMaxMs: 1000, messageTimestampAfterMaxMs: 500 };
    const at = (timestamp: number) => append(createLog(config), batchOf([{ timestamp }])).kind;
    expect([nowMs - 1000, nowMs + 500, -1].map(at)).toEqual(['append', 'append', 'append']);
    expect([nowMs - 1001, nowMs + 501].map(at)).toEqual(['rejected', 'rejected']);
    const mixed = append(createLog(config), batchOf([{ timestamp: -1 }, { timestamp: nowMs - 2000 }]));
    expect(mixed).toMatchObject({
      errorCode: ErrorCode.INVALID_TIMESTAMP,
      recordErrors: [{ batchIndex: 1 }],
    });
  });

  it('L10 records without key on a compacted topic', () => {
    const batch = batchOf([{ key: 'a' }, { key: null }, { key: null }]);
    expect(append(createLog({ cleanupPolicy: 'compact' }), Buffer.from(batch))).toMatchObject({
      errorCode: ErrorCode.INVALID_RECORD,
      recordErrors: [{ batchIndex: 1 }, { batchIndex: 2 }],
    });
    expect(append(createLog(), batch).kind).toBe('append');
  });

  it('L10 a client that says LogAppendTime itself', () => {
    const batch = batchOf(three, { logAppendTimeMs: nowMs });
    const refused = append(createLog({ messageTimestampType: 'LogAppendTime' }), Buffer.from(batch));
    expect(refused).toMatchObject({ errorCode: ErrorCode.INVALID_TIMESTAMP });
    const outcome = append(createLog(), batch);
    expect(outcome.kind === 'append' && viewOf(outcome.records).timestampType).toBe('CreateTime');
  });
});

describe('what is corrected', () => {
  const accepted = (log: ReturnType<typeof createLog>, batch: Buffer): RecordBatch => {
    const outcome = append(log, batch);
    if (outcome.kind !== 'append') throw new Error(JSON.stringify(outcome));
    const view = viewOf(outcome.records);
    expect(view.isValidCrc()).toBe(true);
    return view;
  };

  it.each([...codecs])('L8 base offset and leader epoch are set in place in a batch of %s', (compression) => {
    const log = createLog();
    accepted(log, batchOf(three));
    const sent = batchOf(three, { compression });
    const view = accepted(log, sent);
    expect([view.baseOffset, view.lastOffset, view.partitionLeaderEpoch]).toEqual([3, 5, 3]);
    expect(view.buffer.buffer).toBe(sent.buffer);
  });

  it('L8 corner case 6: a wrong maximum timestamp is corrected and the checksum computed anew', () => {
    const sent = altered(batchOf([{ timestamp: 5 }, { timestamp: 9 }, { timestamp: 7 }]), (view) => {
      view.setMaxTimestamp('CreateTime', 99);
    });
    expect(accepted(createLog(), sent).maxTimestamp).toBe(9);
  });

  it('L8 corner case 7: LogAppendTime gives every record the time of the append', () => {
    const log = createLog({ messageTimestampType: 'LogAppendTime' });
    const outcome = append(log, batchOf([{ timestamp: 5 }, { timestamp: 9 }]));
    expect(outcome).toMatchObject({ kind: 'append', logAppendTimeMs: nowMs });
    if (outcome.kind !== 'append') return;
    const view = viewOf(outcome.records);
    expect([view.timestampType, view.maxTimestamp, view.isValidCrc()]).toEqual([
      'LogAppendTime',
      nowMs,
      true,
    ]);
    expect(recordsIn(view).map(([, timestamp]) => timestamp)).toEqual([nowMs, nowMs]);
  });

  it.each(codecs.flatMap((from) => codecs.map((to) => [from, to] as const)))(
    'L9 from %s to compression.type %s',
    (from, to) => {
      const compressionType = to === 'none' ? 'uncompressed' : to;
      const view = accepted(createLog({ compressionType }), batchOf(three, { compression: from }));
      expect(view.compressionType).toBe(to);
      expect(recordsIn(view)).toEqual([
        [0, nowMs, 'a'],
        [1, nowMs, 'b'],
        [2, nowMs, 'c'],
      ]);
    },
  );

  it('L9 compression.type=producer keeps the bytes', () => {
    const sent = batchOf(three, { compression: 'gzip' });
    const area = Buffer.from(sent.subarray(61));
    expect(accepted(createLog(), sent).bytes.subarray(61)).toEqual(area);
  });

  it('L9 L11 the size is tested again after recompression', () => {
    const sent = batchOf([{ value: 'a'.repeat(5000) }], { compression: 'gzip' });
    const log = createLog({ compressionType: 'uncompressed', maxMessageBytes: 1000 });
    expect(append(log, sent)).toMatchObject({ errorCode: ErrorCode.MESSAGE_TOO_LARGE });
  });

  it.each([...codecs])(
    'L9 inner offsets that are not 0, 1, 2 are made so in a batch of %s',
    (compression) => {
      const records = Array.from({ length: 200 }, (_, at) => ({ key: `k${at}` }));
      const sent = withReversedDeltas(batchOf(records), records.length, compression);
      const view = accepted(createLog(), sent);
      expect(recordsIn(view).map(([offset, , key]) => [offset, key])).toEqual(
        records.map(({ key }, at) => [at, key]),
      );
    },
  );

  it('L9 control batches of the broker stay plain, whatever compression.type says', () => {
    const log = createLog({ compressionType: 'gzip' });
    const outcome = log.prepareAppend(batchOf([{}], { isControl: true }), {
      ...fromClient,
      origin: 'coordinator',
    });
    expect(outcome.kind === 'append' && viewOf(outcome.records).compressionType).toBe('none');
  });

  it('the broker itself may append several batches at once', () => {
    const log = createLog();
    const outcome = append(log, Buffer.concat([batchOf(three), batchOf(three)]), {
      ...fromClient,
      origin: 'coordinator',
    });
    expect(outcome).toMatchObject({ kind: 'append', baseOffset: 0, lastOffset: 5 });
    expect(log.logEndOffset).toBe(6);
  });
});

/** Rewrites the offset deltas to count down, as a broken client could. */
function withReversedDeltas(batch: Buffer, recordCount: number, compression: CompressionType): Buffer {
  const cursor = new RecordCursor(viewOf(batch), expansion);
  const parts: Buffer[] = [];
  for (let at = 0; cursor.next(); at++) {
    const delta = recordCount - 1 - at;
    const key = cursor.key ?? Buffer.alloc(0);
    const value = cursor.value ?? Buffer.alloc(0);
    const body = Buffer.alloc(32 + key.length + value.length);
    let end = writeVarint(body, delta, 2);
    end = writeVarint(body, key.length, end);
    end += key.copy(body, end);
    end = writeVarint(body, value.length, end);
    end += value.copy(body, end);
    end = writeVarint(body, 0, end);
    const length = Buffer.alloc(sizeOfVarint(end));
    writeVarint(length, end, 0);
    parts.push(length, body.subarray(0, end));
  }
  const plain = Buffer.concat(parts);
  const area = compression === 'none' ? plain : compressors.get(compression).compress(plain);
  const bytes = Buffer.concat([batch.subarray(0, 61), area]);
  bytes.writeInt32BE(bytes.length - 12, headerField.batchLength);
  bytes.writeInt16BE(codecs.indexOf(compression), headerField.attributes);
  const view = viewOf(bytes);
  view.updateCrc();
  return bytes;
}
