// The admin client: topics, configs, partitions, offsets, records, log directories and groups; a line per step that succeeded.
//
// Usage: admin.mjs <bootstrap servers> <topic>
import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import { client, until } from './client.mjs';

const { Admin, ConfigResourceTypes, Consumer, IncrementalAlterConfigOperationTypes, Producer } = client;
const { stringSerializers } = client;
const [bootstrapServers = '', topic = ''] = process.argv.slice(2);
const connection = { clientId: 'platformatic-admin', bootstrapBrokers: [bootstrapServers] };
const admin = new Admin(connection);
const group = `${topic}-group`;

/** @param {string} what @param {() => Promise<void>} work */
async function step(what, work) {
  await work();
  console.log(`ok ${what}`);
}

await step('topics', async () => {
  const configs = [{ name: 'retention.ms', value: '86400000' }];
  const [created] = await admin.createTopics({ topics: [topic], partitions: 3, replicas: 1, configs });
  assert.equal(created.name, topic);
  assert.equal(created.partitions, 3);
  assert.equal(created.configuration['retention.ms'], '86400000');
  assert.ok((await admin.listTopics()).includes(topic));
  const again = admin.createTopics({ topics: [topic], partitions: 3, replicas: 1 });
  await assert.rejects(again, (error) => /TOPIC_ALREADY_EXISTS/.test(inspect(error, { depth: 10 })));
});

await step('configs', async () => {
  const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic };
  const read = async (name) => {
    const resources = [{ ...resource, configurationKeys: [name] }];
    const [described] = await admin.describeConfigs({ resources, includeSynonyms: true });
    return described.configs[0];
  };
  assert.equal((await read('retention.ms')).value, '86400000');
  const { SET, DELETE, APPEND } = IncrementalAlterConfigOperationTypes;
  const set = { name: 'max.message.bytes', configOperation: SET, value: '20000' };
  const append = { name: 'cleanup.policy', configOperation: APPEND, value: 'compact' };
  const remove = { name: 'retention.ms', configOperation: DELETE };
  await admin.incrementalAlterConfigs({ resources: [{ ...resource, configs: [set, append, remove] }] });
  assert.equal((await read('max.message.bytes')).value, '20000');
  assert.equal((await read('cleanup.policy')).value, 'delete,compact');
  assert.equal((await read('retention.ms')).value, '604800000');
  const only = [{ name: 'segment.ms', value: '3600000' }];
  await admin.alterConfigs({ resources: [{ ...resource, configs: only }] });
  assert.equal((await read('segment.ms')).value, '3600000');
  assert.equal((await read('cleanup.policy')).value, 'delete');
});

await step('partitions', async () => {
  await admin.createPartitions({ topics: [{ name: topic, count: 4, assignments: null }] });
  const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
  assert.equal(metadata.topics.get(topic).partitionsCount, 4);
});

await step('offsets and records', async () => {
  const producer = new Producer({ ...connection, serializers: stringSerializers });
  const messages = Array.from({ length: 20 }, (_, at) => ({
    topic,
    partition: 1,
    key: 'k',
    value: `v${at}`,
  }));
  await producer.send({ messages, acks: -1 });
  await producer.close();
  const end = async (timestamp) => {
    const partitions = [{ partitionIndex: 1, timestamp }];
    const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions }] });
    return listed.partitions[0].offset;
  };
  assert.equal(await end(-1n), 20n);
  const partitions = [{ partition: 1, offset: 5n }];
  const [deleted] = await admin.deleteRecords({ topics: [{ name: topic, partitions }] });
  assert.equal(deleted.partitions[0].lowWatermark, 5n);
  assert.equal(await end(-2n), 5n);
  const [broker] = await admin.describeLogDirs({ topics: [{ name: topic, partitions: [0, 1, 2, 3] }] });
  const sizes = broker.results.flatMap((result) => result.topics.flatMap((one) => one.partitions));
  assert.equal(sizes.length, 4);
  assert.ok(sizes.find((one) => one.partitionIndex === 1).partitionSize > 0n);
});

for (const groupProtocol of ['classic', 'consumer']) {
  await step(`groups of the ${groupProtocol} protocol`, async () => {
    const groupId = `${group}-${groupProtocol}`;
    const consumer = new Consumer({ ...connection, groupId, groupProtocol });
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
    stream.resume();
    await until('the member has four partitions', () =>
      (consumer.assignments ?? []).some((one) => one.partitions.length === 4),
    );
    assert.ok((await admin.listGroups({ types: [groupProtocol] })).has(groupId));
    if (groupProtocol === 'classic') {
      const described = (await admin.describeGroups({ groups: [groupId] })).get(groupId);
      assert.equal(described.members.size, 1);
      assert.equal(described.state, 'Stable');
    }
    await consumer.commit({ offsets: [{ topic, partition: 1, offset: 7n, leaderEpoch: -1 }] });
    const offsetOf = async (partition) => {
      const [listed] = await admin.listConsumerGroupOffsets({ groups: [groupId] });
      const partitions = listed.topics.find((one) => one.name === topic)?.partitions ?? [];
      return partitions.find((one) => one.partitionIndex === partition)?.committedOffset;
    };
    assert.equal(await offsetOf(1), 7n);
    await assert.rejects(admin.deleteGroups({ groups: [groupId] }));
    await stream.close();
    await consumer.close();
    const topics = [{ name: topic, partitionOffsets: [{ partition: 2, offset: 0n }] }];
    await admin.alterConsumerGroupOffsets({ groupId, topics });
    assert.equal(await offsetOf(2), 0n);
    const deleted = [{ name: topic, partitionIndexes: [2] }];
    await admin.deleteConsumerGroupOffsets({ groupId, topics: deleted });
    assert.equal(await offsetOf(2), undefined);
    await admin.deleteGroups({ groups: [groupId] });
    assert.ok(!(await admin.listGroups({ types: [groupProtocol] })).has(groupId));
  });
}

await step('deletion', async () => {
  await admin.deleteTopics({ topics: [topic] });
  assert.ok(!(await admin.listTopics()).includes(topic));
});
await admin.close();
