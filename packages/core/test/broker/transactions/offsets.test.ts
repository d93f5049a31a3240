import { apis } from '../../../src/protocol/api-keys.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import type { RawClient } from '../../support/raw-client.js';
import { RawTransactionalProducer } from '../../support/raw-transactional-producer.js';
import { TestBroker } from '../../support/test-broker.js';

const topic = 'input';

describe('offsets in transactions', () => {
  const broker = new TestBroker({ transactionStateLogNumPartitions: 3, groupInitialRebalanceDelayMs: 0 });
  let client: RawClient;
  let count = 0;

  beforeAll(async () => {
    await broker.start();
    await broker.createTopic(broker.connect(), topic, 2);
  });
  beforeEach(() => void (client = broker.connect()));
  afterAll(() => broker.stop());

  async function newProducer(protocol: 'classic' | 'second'): Promise<RawTransactionalProducer> {
    const producer = new RawTransactionalProducer(broker, `tx-${++count}`, protocol);
    expect(await producer.init()).toEqual([0]);
    return producer;
  }

  async function plainCommit(groupId: string, offset: number): Promise<void> {
    await broker.settled(client.send(apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] }));
    const reply = await broker.settled(
      client.send(apis.offsetCommit, 8, {
        groupId,
        memberId: '',
        topics: [
          {
            name: topic,
            partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }],
          },
        ],
      }),
    );
    expect(reply.topics[0]!.partitions[0]!.errorCode).toBe(0);
  }

  /** `[offset, error code]` of partition 0. */
  async function committed(groupId: string, requireStable = false): Promise<[number, number]> {
    const reply = await broker.settled(
      client.send(apis.offsetFetch, 9, {
        requireStable,
        groups: [{ groupId, topics: [{ name: topic, partitionIndexes: [0] }] }],
      }),
    );
    const { committedOffset, errorCode } = reply.groups[0]!.topics[0]!.partitions[0]!;
    return [committedOffset, errorCode];
  }

  describe.each(['classic', 'second'] as const)('of the %s protocol', (protocol) => {
    async function commitOffset(producer: RawTransactionalProducer, groupId: string, offset: number) {
      expect(protocol === 'classic' ? await producer.addOffsets(groupId) : 0).toBe(0);
      return producer.commitOffset(groupId, topic, offset);
    }

    it('C15, C14, corner case 48: wait for the end; an abort leaves the earlier offset, and meanwhile requireStable is told so', async () => {
      const groupId = `group-${++count}`;
      await plainCommit(groupId, 3);
      const producer = await newProducer(protocol);
      expect(await commitOffset(producer, groupId, 7)).toBe(0);
      expect(await committed(groupId)).toEqual([3, 0]);
      expect(await committed(groupId, true)).toEqual([-1, ErrorCode.UNSTABLE_OFFSET_COMMIT]);
      expect(await producer.end('abort')).toBe(0);
      expect(await committed(groupId, true)).toEqual([3, 0]);
      expect(await commitOffset(producer, groupId, 9)).toBe(0);
      expect(await producer.end('commit')).toBe(0);
      expect(await committed(groupId, true)).toEqual([9, 0]);
    });

    it('C15: a later plain commit stands against the transaction', async () => {
      const groupId = `group-${++count}`;
      const producer = await newProducer(protocol);
      await broker.settled(client.send(apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] }));
      expect(await commitOffset(producer, groupId, 7)).toBe(0);
      await plainCommit(groupId, 20);
      await producer.end('commit');
      expect(await committed(groupId, true)).toEqual([20, 0]);
    });

    it('C15: they survive a crash of the broker, open or ended', async () => {
      const [openGroup, endedGroup] = [`open-${++count}`, `ended-${count}`];
      await plainCommit(openGroup, 1);
      const producer = await newProducer(protocol);
      await commitOffset(producer, endedGroup, 5);
      await producer.end('commit');
      await commitOffset(producer, openGroup, 6);
      await broker.kill();
      client = broker.connect();
      producer.reconnect();
      expect(await committed(endedGroup, true)).toEqual([5, 0]);
      expect(await committed(openGroup, true)).toEqual([-1, ErrorCode.UNSTABLE_OFFSET_COMMIT]);
      expect(await producer.end('commit')).toBe(0);
      expect(await committed(openGroup, true)).toEqual([6, 0]);
    });

    it('C15: an unknown partition is refused by itself', async () => {
      const groupId = `group-${++count}`;
      const producer = await newProducer(protocol);
      if (protocol === 'classic') await producer.addOffsets(groupId);
      else
        await broker.settled(
          client.send(apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] }),
        );
      expect(await producer.commitOffset(groupId, topic, 1, { partition: 5 })).toBe(
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      );
      expect(await producer.commitOffset(groupId, topic, 1)).toBe(0);
      await producer.end('abort');
    });

    it('C15: for a member of the group it must be of the present generation; without one it is believed', async () => {
      const groupId = `group-${++count}`;
      const { memberId, generation } = await joinAlone(groupId);
      const producer = await newProducer(protocol);
      if (protocol === 'classic') await producer.addOffsets(groupId);
      const commit = (member: { memberId?: string; generation?: number }) =>
        producer.commitOffset(groupId, topic, 4, member);
      expect(await commit({ memberId, generation: generation + 1 })).toBe(ErrorCode.ILLEGAL_GENERATION);
      expect(await commit({ memberId: 'stranger', generation })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
      expect(await commit({ memberId, generation })).toBe(0);
      expect(await commit({})).toBe(0);
      await producer.end('commit');
      expect(await committed(groupId)).toEqual([4, 0]);
    });

    it('P9: a fenced producer commits no offsets', async () => {
      const groupId = `group-${++count}`;
      const first = await newProducer(protocol);
      await commitOffset(first, groupId, 4);
      const second = new RawTransactionalProducer(broker, first.transactionalId, protocol);
      await second.init();
      expect(await first.commitOffset(groupId, topic, 5)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
      expect(await committed(groupId, true)).toEqual([-1, 0]);
    });
  });

  it('P12: without AddOffsetsToTxn TxnOffsetCommit is INVALID_TXN_STATE, TRANSACTION_ABORTABLE from version 4 on', async () => {
    const groupId = `group-${++count}`;
    const producer = await newProducer('classic');
    await plainCommit(groupId, 1);
    expect(await producer.commitOffset(groupId, topic, 4, { version: 3 })).toBe(ErrorCode.INVALID_TXN_STATE);
    expect(await producer.commitOffset(groupId, topic, 4, { version: 4 })).toBe(
      ErrorCode.TRANSACTION_ABORTABLE,
    );
    expect(await committed(groupId, true)).toEqual([1, 0]);
  });

  it('T5: AddOffsetsToTxn and TxnOffsetCommit of old clients name the fence by its old name', async () => {
    const groupId = `group-${++count}`;
    const producer = await newProducer('classic');
    producer.producerEpoch += 1;
    expect(await producer.addOffsets(groupId, 1)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
    expect(await producer.addOffsets(groupId, 2)).toBe(ErrorCode.PRODUCER_FENCED);
    expect(await producer.commitOffset(groupId, topic, 1, { version: 0 })).toBe(
      ErrorCode.INVALID_PRODUCER_EPOCH,
    );
  });

  it('C15: offsets of one transaction in two groups end together', async () => {
    const groups = [`group-${++count}`, `group-${++count}`, `group-${++count}`];
    const producer = await newProducer('second');
    for (const groupId of groups) {
      await broker.settled(client.send(apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] }));
      expect(await producer.commitOffset(groupId, topic, 8)).toBe(0);
    }
    await producer.end('commit');
    for (const groupId of groups) expect(await committed(groupId, true)).toEqual([8, 0]);
  });

  async function joinAlone(groupId: string): Promise<{ memberId: string; generation: number }> {
    await broker.settled(client.send(apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] }));
    const join = (memberId: string) =>
      broker.settled(
        client.send(apis.joinGroup, 7, {
          groupId,
          sessionTimeoutMs: 600_000,
          rebalanceTimeoutMs: 60_000,
          memberId,
          protocolType: 'consumer',
          protocols: [{ name: 'range', metadata: Buffer.from('x') }],
        }),
      );
    const { memberId } = await join('');
    const joined = await join(memberId);
    expect(joined.errorCode).toBe(0);
    await broker.settled(
      client.send(apis.syncGroup, 5, {
        groupId,
        generationId: joined.generationId!,
        memberId,
        assignments: [],
      }),
    );
    return { memberId, generation: joined.generationId! };
  }
});
