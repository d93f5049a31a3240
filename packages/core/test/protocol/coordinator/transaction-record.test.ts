import { MalformedMessageError, UnsupportedFieldError } from '../../../src/protocol/codec/errors.js';
import {
  decodeTransactionLogValue,
  decodeTransactionRecordKey,
  encodeTransactionLogKey,
  encodeTransactionLogValue,
} from '../../../src/protocol/coordinator/transaction-record.js';

const value = {
  producerId: 2 ** 33,
  producerEpoch: 3,
  transactionTimeoutMs: 60_000,
  transactionStatus: 1,
  transactionPartitions: [{ topic: 't', partitionIds: [0, 2] }],
  transactionLastUpdateTimestampMs: 1_700_000_000_001,
  transactionStartTimestampMs: 1_700_000_000_000,
};
const absentInVersion0 = {
  previousProducerId: -1,
  nextProducerId: -1,
  nextProducerEpoch: -1,
  clientTransactionVersion: 0,
};

test('T2: a key is the kind 0 and the transactional id; other kinds are told apart, to be skipped', () => {
  const bytes = encodeTransactionLogKey({ transactionalId: 'id' });
  expect(bytes.toString('hex')).toBe('0000' + '00026964');
  expect(decodeTransactionRecordKey(bytes)).toStrictEqual({
    kind: 'transaction',
    key: { transactionalId: 'id' },
  });
  expect(decodeTransactionRecordKey(Buffer.from('000100026964', 'hex'))).toStrictEqual({
    kind: 'unknown',
    type: 1,
  });
});

test('T2: an Empty transaction has null for its partitions, in both versions', () => {
  for (const version of [0, 1] as const) {
    const bytes = encodeTransactionLogValue({ ...value, transactionPartitions: null }, version);
    expect(bytes.readInt16BE(0)).toBe(version);
    expect(decodeTransactionLogValue(bytes)).toStrictEqual({
      ...value,
      ...absentInVersion0,
      transactionPartitions: null,
    });
  }
});

test('T2, T10: what transaction.version 2 records has room in version 1 alone', () => {
  const second = {
    ...value,
    previousProducerId: 7,
    nextProducerId: 8,
    nextProducerEpoch: 0,
    clientTransactionVersion: 2,
  };
  expect(decodeTransactionLogValue(encodeTransactionLogValue(second, 1))).toStrictEqual(second);
  expect(() => encodeTransactionLogValue(second, 0)).toThrow(UnsupportedFieldError);
});

test('a short key, a short value and a value of an unknown version are malformed', () => {
  expect(() => decodeTransactionRecordKey(Buffer.from('00', 'hex'))).toThrow(MalformedMessageError);
  expect(() => decodeTransactionRecordKey(Buffer.from('00000005', 'hex'))).toThrow(MalformedMessageError);
  expect(() => decodeTransactionLogValue(Buffer.from('0000', 'hex'))).toThrow(MalformedMessageError);
  expect(() => decodeTransactionLogValue(Buffer.from('0002', 'hex'))).toThrow(/versions 0 to 1 are known/);
});
