import {
  controlRecordKey,
  controlRecordType,
  controlRecordTypes,
  endTransactionValue,
  readEndTransactionMarker,
  type ControlRecordType,
} from '../../../src/protocol/records/control-record.js';

describe('control records (L5)', () => {
  test.each(Object.entries(controlRecordTypes))('of kind %s have %d in their key', (name, code) => {
    const key = controlRecordKey(name as ControlRecordType);
    expect([...key]).toEqual([0, 0, 0, code]);
    expect(controlRecordType(key)).toBe(name);
  });

  test('end a transaction with the coordinator epoch', () => {
    const value = endTransactionValue(0x01020304);
    expect([...value]).toEqual([0, 0, 1, 2, 3, 4]);
    expect(readEndTransactionMarker(controlRecordKey('commit'), value)).toEqual({
      type: 'commit',
      coordinatorEpoch: 0x01020304,
    });
    expect(readEndTransactionMarker(controlRecordKey('abort'), value)).toEqual({
      type: 'abort',
      coordinatorEpoch: 0x01020304,
    });
  });

  test('of later versions keep their first fields', () => {
    const longer = Buffer.concat([endTransactionValue(5), Buffer.alloc(3)]);
    longer.writeInt16BE(1, 0);
    expect(readEndTransactionMarker(Buffer.from([0, 1, 0, 1, 9]), longer)).toEqual({
      type: 'commit',
      coordinatorEpoch: 5,
    });
  });

  test.each([
    ['no key', null],
    ['a cut-off key', Buffer.from([0, 0, 0])],
    ['a negative version', Buffer.from([0xff, 0xff, 0, 1])],
    ['an unknown kind', Buffer.from([0, 0, 0, 99])],
  ])('with %s are of no known kind', (_name, key) => {
    expect(controlRecordType(key)).toBeNull();
    expect(readEndTransactionMarker(key, endTransactionValue(1))).toBeNull();
  });

  test('that are no markers, or cut off, are not read as markers', () => {
    expect(readEndTransactionMarker(controlRecordKey('leaderChange'), endTransactionValue(1))).toBeNull();
    expect(readEndTransactionMarker(controlRecordKey('commit'), Buffer.alloc(5))).toBeNull();
    expect(readEndTransactionMarker(controlRecordKey('commit'), null)).toBeNull();
  });
});
