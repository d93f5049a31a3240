import type { Admin } from '../../../src/client/admin.js';
import type { Kafka } from '../../../src/client/kafka.js';
import { createKafka } from '../../../src/composition/create-kafka.js';
import { createTopic, startTestCluster, uniqueName, type TestCluster } from '../../support/cluster.js';
import { eventually } from '../../support/cluster-client.js';

/** Our broker has neither users nor quotas nor a second log directory; these calls are for other people's clusters. */
const isApacheKafka = (process.env['OTTLA_TEST_BOOTSTRAP_SERVERS'] ?? '') !== '';

const unknownFeature = [{ feature: 'no.such.feature', maxVersionLevel: 1 }];

const scramUpsert = (user: string) =>
  ({
    operation: 'upsert',
    user,
    mechanism: 'SCRAM-SHA-256',
    password: 'a secret',
    iterations: 5000,
  }) as const;

describe('features, quorum, resources, users and quotas', () => {
  let cluster: TestCluster;
  let kafka: Kafka;
  let admin: Admin;

  beforeAll(async () => {
    cluster = await startTestCluster();
    kafka = createKafka({ ...cluster.clientOptions, clientId: 'admin-features-test' });
    admin = kafka.admin();
  });
  afterAll(async () => {
    await kafka.close();
    await cluster.close();
  });

  test('KIP-584: a feature that nobody knows cannot be set', async () => {
    const results = await admin.updateFeatures(unknownFeature, { validateOnly: true });
    expect(results.errors.get('no.such.feature')).toMatchObject({ code: 'INVALID_UPDATE_VERSION' });
  });

  test('KIP-584: describeFeatures tells what is finalized and what is supported', async () => {
    const { finalized, finalizedEpoch, supported } = await admin.describeFeatures();
    expect(finalizedEpoch).toBeGreaterThanOrEqual(0);
    expect(finalized.get('metadata.version')?.max).toBeGreaterThanOrEqual(20);
    expect(finalized.get('group.version')).toEqual({ min: 1, max: 1 });
    expect(supported.get('group.version')?.max).toBeGreaterThanOrEqual(1);
  });

  test('KIP-836: describeMetadataQuorum tells the leader, the voters and how far the log is', async () => {
    const quorum = await admin.describeMetadataQuorum();
    expect(quorum.voters.map(({ replicaId }) => replicaId)).toContain(quorum.leaderId);
    expect(quorum.highWatermark).toBeGreaterThan(0);
    expect(quorum.leaderEpoch).toBeGreaterThanOrEqual(0);
    for (const voter of quorum.voters) expect(voter.logEndOffset).toBeGreaterThan(0);
  });

  test('KIP-1142: listConfigResources lists topics and brokers', async () => {
    const topic = await createTopic(cluster.clientOptions, { prefix: 'listed' });
    const topics = await admin.listConfigResources(['topic']);
    expect(topics).toContainEqual({ type: 'topic', name: topic });
    const all = await admin.listConfigResources();
    expect(all.some(({ type }) => type === 'broker')).toBe(true);
  });

  test('KIP-345: removeMembersFromGroup puts a static member out; an unknown one is its own error', async () => {
    const topic = await createTopic(cluster.clientOptions, { prefix: 'left' });
    const groupId = uniqueName('left-group');
    const consumer = kafka.consumer({ groupId, groupInstanceId: 'one', autoOffsetReset: 'earliest' });
    consumer.subscribe({ topics: [topic] });
    await eventually(
      async () => {
        await consumer.poll(100);
        return consumer.assignment();
      },
      (assignment) => assignment.length === 1,
    );
    // A static member stays in its group when it closes.
    await consumer.close();
    const membersOf = async () => (await admin.describeGroups([groupId])).get(groupId).members;
    expect(await membersOf()).toHaveLength(1);
    const results = await admin.removeMembersFromGroup(groupId, [
      { groupInstanceId: 'one' },
      { groupInstanceId: 'nobody' },
    ]);
    results.get('one');
    expect(results.errors.get('nobody')).toMatchObject({ code: 'UNKNOWN_MEMBER_ID' });
    expect(await membersOf()).toHaveLength(0);
    expect(() => admin.removeMembersFromGroup(groupId, [])).toThrow(groupId);
  });

  test('KIP-113: replicas cannot move to a directory that is not there', async () => {
    const topic = await createTopic(cluster.clientOptions, { prefix: 'moved' });
    const brokerId = (await admin.describeCluster()).nodes[0]!.id;
    const results = await admin.alterReplicaLogDirs([
      { topic, partition: 0, brokerId, path: '/no/such/path' },
    ]);
    expect(results.errors.get(`${topic}-0-${brokerId}`)).toMatchObject({
      code: isApacheKafka ? 'LOG_DIR_NOT_FOUND' : 'UNSUPPORTED_VERSION',
    });
  });

  test('KIP-140: a cluster without an authorizer says so', async () => {
    const expected = { code: isApacheKafka ? 'SECURITY_DISABLED' : 'UNSUPPORTED_VERSION' };
    await expect(admin.describeAcls({ resourceType: 'topic' })).rejects.toMatchObject(expected);
  });

  test('KIP-554: iterations out of range are refused before anything is sent', async () => {
    const alteration = { ...scramUpsert('ada'), iterations: 1 };
    await expect(admin.alterUserScramCredentials([alteration])).rejects.toThrow('iterations of ada');
  });

  if (isApacheKafka) {
    test('KIP-546: quotas are set, described and removed', async () => {
      const user = uniqueName('user');
      const results = await admin.alterClientQuotas([
        { entity: { user, 'client-id': null }, quotas: { producer_byte_rate: 1024 } },
        { entity: { user: uniqueName('user') }, quotas: { no_such_quota: 1 } },
      ]);
      results.get(`user=${user},client-id=<default>`);
      expect([...results.errors.values()]).toMatchObject([{ code: 'INVALID_REQUEST' }]);
      const described = await eventually(
        () => admin.describeClientQuotas({ entity: { user } }),
        (list) => list.length === 1,
      );
      expect(described[0]).toEqual({
        entity: { user, 'client-id': null },
        quotas: new Map([['producer_byte_rate', 1024]]),
      });
      expect(await admin.describeClientQuotas({ entity: { user }, strict: true })).toEqual([]);
      const removed = { entity: { user, 'client-id': null }, quotas: { producer_byte_rate: null } } as const;
      (await admin.alterClientQuotas([removed])).orThrow();
      await eventually(
        () => admin.describeClientQuotas({ entity: { user } }),
        (list) => list.length === 0,
      );
    });

    test('KIP-554: SCRAM credentials are set, described and deleted', async () => {
      const user = uniqueName('user');
      (await admin.alterUserScramCredentials([scramUpsert(user)])).orThrow();
      const described = await eventually(
        () => admin.describeUserScramCredentials([user]),
        ({ hasErrors }) => !hasErrors,
      );
      expect(described.get(user)).toEqual([{ mechanism: 'SCRAM-SHA-256', iterations: 5000 }]);
      const deletion = { operation: 'delete', user, mechanism: 'SCRAM-SHA-256' } as const;
      (await admin.alterUserScramCredentials([deletion])).orThrow();
      const gone = await eventually(
        () => admin.describeUserScramCredentials([user]),
        ({ hasErrors }) => hasErrors,
      );
      expect(gone.errors.get(user)).toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
    });
  } else {
    test('what the broker does not serve is an UnsupportedVersionError', async () => {
      const unsupported = { code: 'UNSUPPORTED_VERSION' };
      const quota = { entity: { user: 'ada' }, quotas: { producer_byte_rate: 1 } };
      await expect(admin.alterClientQuotas([quota])).rejects.toMatchObject(unsupported);
      await expect(admin.describeClientQuotas()).rejects.toMatchObject(unsupported);
      await expect(admin.alterUserScramCredentials([scramUpsert('ada')])).rejects.toMatchObject(unsupported);
      await expect(admin.describeUserScramCredentials()).rejects.toMatchObject(unsupported);
    });
  }
});
