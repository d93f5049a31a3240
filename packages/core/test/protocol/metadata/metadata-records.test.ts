import {
  InvalidFieldError,
  MalformedMessageError,
  UnsupportedFieldError,
} from '../../../src/protocol/codec/errors.js';
import {
  decodeMetadataRecord,
  encodeMetadataRecord,
} from '../../../src/protocol/metadata/metadata-records.js';

const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ';
const partition = {
  partitionId: 2,
  topicId,
  replicas: [1],
  isr: [1],
  removingReplicas: [],
  addingReplicas: [],
  leader: 1,
  leaderEpoch: 0,
  partitionEpoch: 0,
};

test('a record is the frame version, its key and version, and the message', () => {
  const bytes = encodeMetadataRecord({ kind: 'topic', body: { name: 't', topicId } });
  expect(bytes.toString('hex')).toBe('01' + '02' + '00' + '0274' + '0'.repeat(31) + '1' + '00');
  expect(decodeMetadataRecord(bytes)).toStrictEqual({ kind: 'topic', body: { name: 't', topicId } });
});

test('K22: a partition is written in version 0 and has its directories from version 1 on', () => {
  expect([...encodeMetadataRecord({ kind: 'partition', body: partition }).subarray(0, 3)]).toStrictEqual([
    1, 3, 0,
  ]);
  const body = { ...partition, directories: [topicId] };
  const bytes = encodeMetadataRecord({ kind: 'partition', version: 1, body });
  expect(decodeMetadataRecord(bytes)).toStrictEqual({
    kind: 'partition',
    body: { ...body, leaderRecoveryState: 0, eligibleLeaderReplicas: null, lastKnownElr: null },
  });
  expect(() => encodeMetadataRecord({ kind: 'partition', body })).toThrow(UnsupportedFieldError);
});

test('K12: of a changed partition only what changed is written', () => {
  const bytes = encodeMetadataRecord({
    kind: 'partitionChange',
    body: { partitionId: 2, topicId, leader: -1, isr: [] },
  });
  expect(bytes.subarray(3 + 4 + 16).toString('hex')).toBe('02' + '000101' + '0104ffffffff');
  expect(decodeMetadataRecord(bytes)).toMatchObject({
    kind: 'partitionChange',
    body: { leader: -1, isr: [], replicas: null, leaderRecoveryState: -1 },
  });
});

test('kinds without a schema are passed over', () => {
  for (const key of ['06', '0a', '15', '1e', 'ff01']) {
    expect(decodeMetadataRecord(Buffer.from(`01${key}00ffff`, 'hex'))).toBeNull();
  }
});

test('another frame, an unknown version, a cut record and a wrong value are refused', () => {
  const decode = (hex: string) => () => decodeMetadataRecord(Buffer.from(hex, 'hex'));
  expect(decode('000200')).toThrow(/frame version 1 is known/);
  expect(decode('010201027400')).toThrow(/TopicRecord v1 .*versions 0 to 0 are known/);
  for (const cut of ['', '01', '0102', '010200', '0102000274']) {
    expect(decode(cut)).toThrow(MalformedMessageError);
  }
  const wrong = { name: 't', topicId: 'no uuid' };
  expect(() => encodeMetadataRecord({ kind: 'topic', body: wrong })).toThrow(InvalidFieldError);
});
