import { MalformedMessageError } from '../../../src/protocol/codec/errors.js';
import {
  decodeConsumerGroupRecord,
  encodeConsumerGroupRecord,
  type ConsumerGroupRecord,
} from '../../../src/protocol/coordinator/consumer-group-record-bytes.js';
import { encodeGroupMetadataKey } from '../../../src/protocol/coordinator/group-record.js';

const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ';
const member = { groupId: 'g', memberId: 'm' };
const classicMemberMetadata = {
  sessionTimeoutMs: 45_000,
  supportedProtocols: [{ name: 'range', metadata: Buffer.from([1, 2]) }],
};

/** One of each kind, every field away from its default, with the type that its key starts with. */
const records: readonly (readonly [type: number, record: ConsumerGroupRecord])[] = [
  [3, { kind: 'consumer-group-metadata', key: { groupId: 'g' }, value: { epoch: 7, metadataHash: 99 } }],
  [
    4,
    {
      kind: 'consumer-group-partition-metadata',
      key: { groupId: 'g' },
      value: {
        topics: [
          { topicId, topicName: 't', numPartitions: 1, partitionMetadata: [{ partition: 0, racks: ['r'] }] },
        ],
      },
    },
  ],
  [
    5,
    {
      kind: 'consumer-group-member-metadata',
      key: member,
      value: {
        instanceId: 'i',
        rackId: null,
        clientId: 'c',
        clientHost: '/127.0.0.1',
        subscribedTopicNames: ['t'],
        subscribedTopicRegex: 't.*',
        rebalanceTimeoutMs: 300_000,
        serverAssignor: 'uniform',
        classicMemberMetadata,
      },
    },
  ],
  [
    6,
    {
      kind: 'consumer-group-target-assignment-metadata',
      key: { groupId: 'g' },
      value: { assignmentEpoch: 7, assignmentTimestamp: 1_700_000_000_000 },
    },
  ],
  [
    7,
    {
      kind: 'consumer-group-target-assignment-member',
      key: member,
      value: { topicPartitions: [{ topicId, partitions: [0, 2] }] },
    },
  ],
  [
    8,
    {
      kind: 'consumer-group-current-member-assignment',
      key: member,
      value: {
        memberEpoch: 7,
        previousMemberEpoch: 6,
        state: 1,
        assignedPartitions: [{ topicId, partitions: [0], assignmentEpochs: [5] }],
        partitionsPendingRevocation: [{ topicId, partitions: [2], assignmentEpochs: null }],
      },
    },
  ],
  [
    16,
    {
      kind: 'consumer-group-regular-expression',
      key: { groupId: 'g', regularExpression: 't.*' },
      value: { topics: ['t'], version: 12, timestamp: 1_700_000_000_000 },
    },
  ],
];

test.each(records)('C3: a record of type %i is read as it was written', (type, record) => {
  const { key, value } = encodeConsumerGroupRecord(record);
  expect(key.readInt16BE(0)).toBe(type);
  expect(value?.readInt16BE(0)).toBe(0);
  expect(decodeConsumerGroupRecord(key, value)).toStrictEqual(record);
});

test.each(records)('C3: a record of type %i without a value is a tombstone', (_, record) => {
  const tombstone = { ...record, value: null } as ConsumerGroupRecord;
  const { key, value } = encodeConsumerGroupRecord(tombstone);
  expect(value).toBeNull();
  expect(decodeConsumerGroupRecord(key, null)).toStrictEqual(tombstone);
});

test('C3: what may be left out is written as its default', () => {
  const { key, value } = encodeConsumerGroupRecord({
    kind: 'consumer-group-metadata',
    key: { groupId: 'g' },
    value: { epoch: 1 },
  });
  expect([key.toString('hex'), value?.toString('hex')]).toStrictEqual([
    '0003' + '000167',
    '0000' + '00000001' + '00',
  ]);
});

test('C3: keys of classic groups, of offsets and of other group types are not for here', () => {
  expect(decodeConsumerGroupRecord(encodeGroupMetadataKey({ group: 'g' }), null)).toBeNull();
  for (const type of ['0000', '0001', '0009', '000f', '0011', 'ffff']) {
    expect(decodeConsumerGroupRecord(Buffer.from(`${type}000167`, 'hex'), null)).toBeNull();
  }
});

test('a short key, a short value and a value of an unknown version are malformed', () => {
  const key = Buffer.from('0003000167', 'hex');
  const decode = (keyBytes: Buffer, value: Buffer) => () => decodeConsumerGroupRecord(keyBytes, value);
  expect(decode(Buffer.from('00', 'hex'), Buffer.alloc(0))).toThrow(MalformedMessageError);
  expect(decode(Buffer.from('00030005', 'hex'), Buffer.alloc(0))).toThrow(MalformedMessageError);
  expect(decode(key, Buffer.from('000000', 'hex'))).toThrow(MalformedMessageError);
  expect(decode(key, Buffer.from('0001000000010000', 'hex'))).toThrow(/versions 0 to 0 are known/);
});
