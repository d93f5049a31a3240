import type { GroupRecord } from '../../src/machines/group/group-record.js';
import { groupRecordSerde } from '../../src/runtime/group-record-serde.js';

const topicId = 'c0TMwP7jSs2xA1JieCZpdw';
const groupId = 'g';
const memberId = 'm';
const member = {
  instanceId: 'i',
  rackId: null,
  clientId: 'c',
  clientHost: '/127.0.0.1',
  subscribedTopicNames: ['t'],
  subscribedTopicRegex: 't.*',
  rebalanceTimeoutMs: 1_000,
  serverAssignor: 'range',
  classic: null,
};
const protocols = [{ name: 'range', metadata: Buffer.from([0, 1]) }];
const current = {
  memberEpoch: 4,
  previousMemberEpoch: 3,
  state: 'unreleased-partitions' as const,
  assigned: new Map([
    [
      topicId,
      new Map([
        [0, 4],
        [2, 3],
      ]),
    ],
  ]),
  pendingRevocation: new Map<string, Map<number, number>>(),
};

const records: readonly [type: number, record: GroupRecord][] = [
  [3, { kind: 'consumer-group', groupId, value: { epoch: 7, metadataHash: 2 ** 52 - 1 } }],
  [3, { kind: 'consumer-group', groupId, value: null }],
  [4, { kind: 'consumer-topics', groupId, value: null }],
  [5, { kind: 'consumer-member', groupId, memberId, value: member }],
  [
    5,
    {
      kind: 'consumer-member',
      groupId,
      memberId,
      value: { ...member, classic: { sessionTimeoutMs: 9, protocols } },
    },
  ],
  [5, { kind: 'consumer-member', groupId, memberId, value: null }],
  [6, { kind: 'target-epoch', groupId, value: { epoch: 7, timestampMs: 99 } }],
  [6, { kind: 'target-epoch', groupId, value: null }],
  [7, { kind: 'member-target', groupId, memberId, value: new Map([[topicId, new Set([0, 2])]]) }],
  [7, { kind: 'member-target', groupId, memberId, value: null }],
  [8, { kind: 'member-current', groupId, memberId, value: current }],
  [8, { kind: 'member-current', groupId, memberId, value: { ...current, state: 'unknown' } }],
  [8, { kind: 'member-current', groupId, memberId, value: null }],
  [16, { kind: 'regex', groupId, regex: 't.*', value: { topics: ['t'], topicsVersion: 3, timestampMs: 5 } }],
  [16, { kind: 'regex', groupId, regex: 't.*', value: null }],
];

describe('C3 records of consumer groups', () => {
  test.each(records)('type %i is read as it was written', (type, record) => {
    const { key, value } = groupRecordSerde.encode(record);
    expect(key.readInt16BE(0)).toBe(type);
    expect(groupRecordSerde.decode(key, value)).toEqual({ kind: 'record', record });
  });

  test('topic metadata that Kafka 4.0 wrote is known to be there', () => {
    const key = Buffer.from([0, 4, 0, 1, 0x67]);
    expect(groupRecordSerde.decode(key, Buffer.from([0, 0, 1, 0]))).toEqual({
      kind: 'record',
      record: { kind: 'consumer-topics', groupId, value: 'superseded' },
    });
  });

  test("an epoch with Kafka's hash of 64 bits is read, the hash as none", () => {
    const key = Buffer.from([0, 3, 0, 1, 0x67]);
    const value = Buffer.from('0000000000050100087ffffffffffff123', 'hex');
    expect(groupRecordSerde.decode(key, value)).toEqual({
      kind: 'record',
      record: { kind: 'consumer-group', groupId, value: { epoch: 5, metadataHash: 0 } },
    });
  });
});
