// Corner cases 61 and 62: who owns a partition under the consumer protocol, and in a group of both protocols, on any cluster.
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type {
  ConsumerGroupHeartbeatRequestInput,
  ConsumerGroupHeartbeatResponse,
} from '../../src/protocol/messages/68-consumer-group-heartbeat.js';
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../../src/protocol/messages/consumer-protocol.js';
import { decodeVersioned, encodeVersioned } from '../../src/protocol/versioned-message.js';
import { randomUuid } from '../../src/foundation/uuid.js';
import { createSeededRandom } from '../../src/io/memory/seeded-random.js';
import { uniqueName } from '../support/cluster.js';
import { eventually } from '../support/cluster-client.js';
import { CornerCluster, type CornerTopic } from './corner-cluster.js';

/** A cluster may wait three seconds for more members, and longer with a busy disk. */
jest.setTimeout(30_000);

const all = [0, 1, 2, 3];

const sorted = (partitions: readonly number[]) => partitions.toSorted((a, b) => a - b);

describe('groups of the consumer protocol', () => {
  let world: CornerCluster;
  let topic: CornerTopic;
  let groupId: string;
  const random = createSeededRandom(Date.now());

  beforeAll(async () => {
    world = await CornerCluster.start();
    topic = await world.topic({}, all.length);
  });
  beforeEach(async () => {
    groupId = uniqueName('corner');
    await eventually(
      () => world.client.send(apis.findCoordinator, 6, { keyType: 0, coordinatorKeys: [groupId] }),
      ({ coordinators }) => coordinators[0]!.errorCode === 0,
    );
  });
  afterAll(() => world.close());

  /** A member of the consumer protocol that reads what it was told to, and lets go a heartbeat later. */
  class Member {
    readonly memberId = randomUuid(random);
    epoch = 0;
    owned: readonly number[] = [];

    send(more: Partial<ConsumerGroupHeartbeatRequestInput> = {}): Promise<ConsumerGroupHeartbeatResponse> {
      const isJoin = this.epoch === 0;
      return world.client.send(apis.consumerGroupHeartbeat, 1, {
        groupId,
        memberId: this.memberId,
        memberEpoch: this.epoch,
        rebalanceTimeoutMs: isJoin ? 60_000 : -1,
        subscribedTopicNames: isJoin ? [topic.name] : null,
        topicPartitions: isJoin ? [] : [{ topicId: topic.topicId, partitions: [...this.owned] }],
        ...more,
      });
    }

    take({ errorCode, errorMessage, memberEpoch, assignment }: ConsumerGroupHeartbeatResponse): void {
      if (errorCode !== 0) throw new Error(`A heartbeat was answered with ${errorCode}: ${errorMessage}`);
      this.epoch = memberEpoch;
      if (assignment !== null)
        this.owned = sorted(assignment.topicPartitions.flatMap(({ partitions }) => partitions));
    }

    async beat(): Promise<void> {
      this.take(await this.send());
    }

    async leave(): Promise<void> {
      await this.send({ memberEpoch: -1 });
      this.owned = [];
    }
  }

  function expectDisjoint(...owned: (readonly number[])[]): void {
    const each = owned.flat();
    expect(new Set(each).size).toBe(each.length);
  }

  it('corner case 61: a revoked partition has never two owners, and a heartbeat repeated after a lost reply is not fenced', async () => {
    const [first, second] = [new Member(), new Member()];
    await eventually(
      () => first.beat(),
      () => first.owned.length === all.length,
    );
    expect(first.owned).toEqual(all);
    await second.beat();
    expect(second.owned).toEqual([]);
    // What the first one may keep is told, and is given to nobody before it says that it let go of the rest.
    const shrunk = await eventually(
      () => first.send(),
      ({ assignment }) => assignment !== null,
    );
    const kept = shrunk.assignment!.topicPartitions.flatMap(({ partitions }) => partitions);
    expect(kept).toHaveLength(2);
    expect(shrunk.memberEpoch).toBe(first.epoch);
    await second.beat();
    expect(second.owned).toEqual([]);
    first.take(shrunk);
    // The reply to this one, which moves its epoch, is lost: the same request again is answered, not fenced.
    const lost = await first.send();
    expect(lost).toMatchObject({ errorCode: 0, memberEpoch: first.epoch + 1 });
    const again = await first.send();
    expect(again).toMatchObject({ errorCode: 0, memberEpoch: lost.memberEpoch });
    first.take(again);
    await eventually(
      () => second.beat(),
      () => second.owned.length > 0,
    );
    expectDisjoint(first.owned, second.owned);
    expect(sorted([...first.owned, ...second.owned])).toEqual(all);
    expect((await first.send({ memberEpoch: first.epoch + 5 })).errorCode).toBe(
      ErrorCode.FENCED_MEMBER_EPOCH,
    );
    await Promise.all([first.leave(), second.leave()]);
  });

  /** A member of the classic protocol, which leads as long as the group is classic. */
  class ClassicMember {
    memberId = '';
    generationId = -1;
    owned: readonly number[] = [];

    async join(): Promise<void> {
      const metadata = encodeVersioned(consumerProtocolSubscription, 1, {
        topics: [topic.name],
        ownedPartitions: [],
      });
      this.owned = [];
      const ask = () =>
        world.client.send(apis.joinGroup, 9, {
          groupId,
          sessionTimeoutMs: 30_000,
          rebalanceTimeoutMs: 60_000,
          memberId: this.memberId,
          protocolType: 'consumer',
          protocols: [{ name: 'range', metadata }],
        });
      let reply = await ask();
      if (reply.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
        this.memberId = reply.memberId;
        reply = await ask();
      }
      if (reply.errorCode !== 0) throw new Error(`A join was answered with ${reply.errorCode}`);
      this.generationId = reply.generationId;
      const isLeader = reply.leader === this.memberId;
      const assignment = encodeVersioned(consumerProtocolAssignment, 1, {
        assignedPartitions: [{ topic: topic.name, partitions: all }],
      });
      const synced = await world.client.send(apis.syncGroup, 5, {
        groupId,
        generationId: reply.generationId,
        memberId: this.memberId,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: isLeader ? [{ memberId: this.memberId, assignment }] : [],
      });
      if (synced.errorCode !== 0) throw new Error(`A sync was answered with ${synced.errorCode}`);
      const { assignedPartitions } = decodeVersioned(
        consumerProtocolAssignment,
        synced.assignment,
        'refused',
      );
      this.owned = sorted(assignedPartitions.flatMap(({ partitions }) => partitions));
    }

    async heartbeat(): Promise<number> {
      const { memberId, generationId } = this;
      return (await world.client.send(apis.heartbeat, 4, { groupId, generationId, memberId })).errorCode;
    }
  }

  async function rebalanceIsAskedOf(member: ClassicMember): Promise<void> {
    const asked = await eventually(
      () => member.heartbeat(),
      (errorCode) => errorCode !== 0,
    );
    expect(asked).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  }

  it('corner case 62: in a group of both protocols each partition has one owner, while it is upgraded and downgraded', async () => {
    const [classic, modern] = [new ClassicMember(), new Member()];
    await classic.join();
    expect(classic.owned).toEqual(all);
    await modern.beat();
    expect(modern.owned).toEqual([]);
    await rebalanceIsAskedOf(classic);
    await modern.beat();
    expect(modern.owned).toEqual([]);
    await classic.join();
    expect(classic.owned).toHaveLength(2);
    await eventually(
      () => modern.beat(),
      () => modern.owned.length > 0,
    );
    expectDisjoint(classic.owned, modern.owned);
    expect(sorted([...classic.owned, ...modern.owned])).toEqual(all);
    expect(await classic.heartbeat()).toBe(0);
    await modern.leave();
    await rebalanceIsAskedOf(classic);
    await classic.join();
    expect(classic.owned).toEqual(all);
    const { groups } = await world.client.send(apis.describeGroups, 5, { groups: [groupId] });
    expect(groups[0]).toMatchObject({ errorCode: 0, groupState: 'Stable', protocolData: 'range' });
  });
});
