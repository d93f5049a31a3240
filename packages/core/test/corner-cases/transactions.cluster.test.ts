// Corner cases 21, 24, 25 and 48 to 50: where transactions end, on any cluster, with producers of both protocols.
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import { uniqueName } from '../support/cluster.js';
import { eventually } from '../support/cluster-client.js';
import { readCommitted, type CommittedView } from '../support/committed-view.js';
import { RawTransactionalProducer, type TransactionalWorld } from '../support/raw-transactional-producer.js';
import { CornerCluster, recentBatch } from './corner-cluster.js';

/** A cluster may be slow to create the topics of its coordinators. */
jest.setTimeout(60_000);

const notThereYet: readonly (number | undefined)[] = [
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
];

describe.each(['classic', 'second'] as const)('transactions of the %s protocol', (protocol) => {
  let world: CornerCluster;
  let inRealTime: TransactionalWorld;

  beforeAll(async () => {
    world = await CornerCluster.start();
    inRealTime = {
      connect: () => world.connect(),
      settled: (promise) => promise,
      time: { advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
    };
  });
  afterAll(() => world.close());

  async function newProducer(transactionalId = uniqueName('corner')): Promise<RawTransactionalProducer> {
    const producer = new RawTransactionalProducer(inRealTime, transactionalId, protocol);
    // A coordinator is found before it has been told that it is one.
    const codes = await eventually(
      () => producer.init(),
      (codes) => !notThereYet.includes(codes.at(-1)),
    );
    expect(codes.at(-1)).toBe(0);
    return producer;
  }

  /** What the protocol has producers say first; while the end of the transaction before is under way, again. */
  const begin = async (
    producer: RawTransactionalProducer,
    topic: string,
    partitions = [0],
  ): Promise<void> => {
    if (protocol === 'second') return;
    await eventually(
      () => producer.add(topic, partitions),
      (codes) => codes.every((code) => code === 0),
    );
  };

  const send = (producer: RawTransactionalProducer, topic: string, value: string, partition = 0) =>
    eventually(
      () => producer.send(topic, [value], { partition }),
      ({ errorCode }) => errorCode !== ErrorCode.CONCURRENT_TRANSACTIONS,
    );

  const view = (topic: string, options?: Parameters<typeof readCommitted>[3]) =>
    readCommitted(inRealTime, world.client, topic, options);

  const viewWith = (topic: string, isWanted: (seen: CommittedView) => boolean) =>
    eventually(() => view(topic), isWanted);

  it('corner case 21: the end of the log lies one beyond the last record, and a consumer gets there', async () => {
    const { name } = await world.topic();
    const producer = await newProducer();
    await begin(producer, name);
    await send(producer, name, 'a');
    await producer.end('commit');
    const seen = await viewWith(name, ({ lastStableOffset }) => lastStableOffset === 2);
    expect(seen).toMatchObject({ values: ['a'], markers: ['commit@1'], position: 2 });
    expect(await view(name, { offset: 2 })).toMatchObject({ values: [], position: 2 });
  });

  it('corner case 24: the aborted list names a transaction whose marker lies beyond the bytes that came', async () => {
    const { name } = await world.topic();
    const producer = await newProducer();
    await begin(producer, name);
    for (const value of ['a', 'b', 'c']) await send(producer, name, value.repeat(2_000));
    await producer.end('abort');
    await viewWith(name, ({ lastStableOffset }) => lastStableOffset === 4);
    const seen = await view(name, { partitionMaxBytes: 2_500 });
    expect(seen).toMatchObject({ position: 1, values: [], markers: [] });
    expect(seen.aborted).toEqual([{ producerId: producer.producerId, firstOffset: 0 }]);
  });

  it('corner case 25: an abort marker where its producer wrote nothing adds nothing, and nothing goes back', async () => {
    const { name } = await world.topic();
    const producer = await newProducer();
    await world.produce(name, recentBatch(['other']));
    const { producerId, producerEpoch } = producer;
    const topics = [{ name, partitionIndexes: [0] }];
    const marker = { producerId, producerEpoch, coordinatorEpoch: 0, transactionResult: false, topics };
    const reply = await world.client.send(apis.writeTxnMarkers, 1, { markers: [marker] });
    expect(reply.markers[0]!.topics[0]!.partitions[0]!.errorCode).toBe(0);
    const seen = await viewWith(name, ({ lastStableOffset }) => lastStableOffset === 2);
    expect(seen).toMatchObject({ aborted: [], values: ['other'], markers: ['abort@1'], lastStableOffset: 2 });
  });

  it('corner case 48: a commit within an aborted transaction leaves the earlier offset; meanwhile requireStable is 88', async () => {
    const { name } = await world.topic();
    const groupId = uniqueName('corner');
    await eventually(
      () => world.client.send(apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: [groupId] }),
      ({ coordinators }) => coordinators[0]!.errorCode === 0,
    );
    const commit = () =>
      world.client.send(apis.offsetCommit, 8, {
        groupId,
        memberId: '',
        topics: [{ name, partitions: [{ partitionIndex: 0, committedOffset: 3, committedMetadata: '' }] }],
      });
    await eventually(commit, ({ topics }) => topics[0]!.partitions[0]!.errorCode === 0);
    const fetched = async (requireStable: boolean) => {
      const groups = [{ groupId, topics: [{ name, partitionIndexes: [0] }] }];
      const reply = await world.client.send(apis.offsetFetch, 9, { requireStable, groups });
      const { committedOffset, errorCode } = reply.groups[0]!.topics[0]!.partitions[0]!;
      return [committedOffset, errorCode];
    };
    const producer = await newProducer();
    expect(protocol === 'classic' ? await producer.addOffsets(groupId) : 0).toBe(0);
    expect(await producer.commitOffset(groupId, name, 7)).toBe(0);
    expect(await fetched(false)).toEqual([3, 0]);
    expect(await fetched(true)).toEqual([-1, ErrorCode.UNSTABLE_OFFSET_COMMIT]);
    expect(await producer.end('abort')).toBe(0);
    expect(
      await eventually(
        () => fetched(true),
        ([, errorCode]) => errorCode === 0,
      ),
    ).toEqual([3, 0]);
  });

  it('corner case 49: InitProducerId while a transaction is open is 51, then succeeds; the old producer gets 47 and 90', async () => {
    const { name } = await world.topic();
    const first = await newProducer();
    await begin(first, name);
    await send(first, name, 'zombie');
    const second = new RawTransactionalProducer(inRealTime, first.transactionalId, protocol);
    const codes = await second.init();
    expect([codes[0], codes.at(-1)]).toEqual([ErrorCode.CONCURRENT_TRANSACTIONS, 0]);
    expect((await first.send(name, ['zombie'])).errorCode).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
    expect(await first.end('commit')).toBe(ErrorCode.PRODUCER_FENCED);
    expect((await viewWith(name, ({ lastStableOffset }) => lastStableOffset === 2)).values).toEqual([]);
  });

  it('corner case 50: EndTxn after a lost reply succeeds again, and its opposite is 48', async () => {
    const { name } = await world.topic();
    const producer = await newProducer();
    await begin(producer, name);
    await send(producer, name, 'a');
    const forget = producer.remember();
    expect(await producer.end('commit')).toBe(0);
    await viewWith(name, ({ lastStableOffset }) => lastStableOffset === 2);
    const repeat = (result: 'commit' | 'abort') => {
      forget();
      return eventually(
        () => producer.end(result),
        (code) => code !== ErrorCode.CONCURRENT_TRANSACTIONS,
      );
    };
    expect(await repeat('abort')).toBe(ErrorCode.INVALID_TXN_STATE);
    expect(await repeat('commit')).toBe(0);
    expect((await view(name)).markers).toEqual(['commit@1']);
  });
});
