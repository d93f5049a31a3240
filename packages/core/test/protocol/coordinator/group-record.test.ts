import { MalformedMessageError } from '../../../src/protocol/codec/errors.js';
import {
  decodeGroupMetadataValue,
  decodeGroupRecordKey,
  decodeOffsetCommitValue,
  encodeGroupMetadataKey,
  encodeGroupMetadataValue,
  encodeOffsetCommitKey,
  encodeOffsetCommitValue,
} from '../../../src/protocol/coordinator/group-record.js';

const offset = { offset: 42, leaderEpoch: 3, metadata: 'm', commitTimestamp: 1_700_000_000_000 };

test('C3: keys carry their kind, and both kinds of offset key are read', () => {
  const key = { group: 'g', topic: 't', partition: 7 };
  const bytes = encodeOffsetCommitKey(key);
  expect(bytes.toString('hex')).toBe('0001' + '000167' + '000174' + '00000007');
  expect(decodeGroupRecordKey(bytes)).toStrictEqual({ kind: 'offset-commit', key });
  bytes.writeInt16BE(0);
  expect(decodeGroupRecordKey(bytes)).toStrictEqual({ kind: 'offset-commit', key });
  expect(decodeGroupRecordKey(encodeGroupMetadataKey({ group: 'g' }))).toStrictEqual({
    kind: 'group-metadata',
    key: { group: 'g' },
  });
});

test('C3: keys of other kinds are told apart, to be skipped', () => {
  expect(decodeGroupRecordKey(Buffer.from('000300', 'hex'))).toStrictEqual({ kind: 'unknown', type: 3 });
});

test('C3: the version of an offset follows from what it has to say', () => {
  const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ';
  const written = [{}, { expireTimestamp: 9 }, { topicId }].map((more) =>
    encodeOffsetCommitValue({ ...offset, ...more }),
  );
  expect(written.map((bytes) => bytes.readInt16BE(0))).toStrictEqual([3, 1, 4]);
  const zero = 'AAAAAAAAAAAAAAAAAAAAAA';
  expect(written.map(decodeOffsetCommitValue)).toStrictEqual([
    { ...offset, expireTimestamp: -1, topicId: zero },
    { ...offset, leaderEpoch: -1, expireTimestamp: 9, topicId: zero },
    { ...offset, expireTimestamp: -1, topicId },
  ]);
});

test('C3: a group is written in version 3', () => {
  const member = {
    memberId: 'm',
    groupInstanceId: null,
    clientId: 'c',
    clientHost: '/127.0.0.1',
    rebalanceTimeout: 1,
    sessionTimeout: 2,
    subscription: Buffer.from([1]),
    assignment: Buffer.alloc(0),
  };
  const value = {
    protocolType: 'consumer',
    generation: 1,
    protocol: 'range',
    leader: null,
    currentStateTimestamp: 5,
    members: [member],
  };
  const bytes = encodeGroupMetadataValue(value);
  expect(bytes.readInt16BE(0)).toBe(3);
  expect(decodeGroupMetadataValue(bytes)).toStrictEqual(value);
});

test('a value of an unknown version and a short key are malformed', () => {
  expect(() => decodeOffsetCommitValue(Buffer.from('0009', 'hex'))).toThrow(/versions 0 to 4 are known/);
  expect(() => decodeGroupMetadataValue(Buffer.from('ffff', 'hex'))).toThrow(MalformedMessageError);
  expect(() => decodeGroupRecordKey(Buffer.from('00', 'hex'))).toThrow(MalformedMessageError);
  expect(() => decodeGroupRecordKey(Buffer.from('00010005', 'hex'))).toThrow(MalformedMessageError);
});
