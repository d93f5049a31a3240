import { ErrorCode } from '../../../src/protocol/errors.js';
import type { MetadataRecordInput } from '../../../src/protocol/metadata/metadata-records.js';
import { ControllerHarness, topicIdOf } from './controller-harness.js';

const kindsOf = (records: readonly MetadataRecordInput[]) => records.map(({ kind }) => kind);

describe('the controller machine', () => {
  let harness: ControllerHarness;
  beforeEach(() => {
    harness = new ControllerHarness({ numPartitions: 3 });
  });
  const topicToCreate = (name: string, numPartitions = -1) => ({
    name,
    numPartitions,
    replicationFactor: -1,
    assignments: [],
    configs: [],
  });

  describe('start', () => {
    it('K7 of 6.2: an empty log is seeded with features, in one metadata transaction, once', () => {
      const { records } = harness.machine.handleStart();
      expect(kindsOf(records)).toEqual([
        'beginTransaction',
        'featureLevel',
        'featureLevel',
        'featureLevel',
        'endTransaction',
      ]);
      harness.write(records);
      expect([...harness.machine.image.featureLevels]).toEqual([
        ['metadata.version', 25],
        ['group.version', 1],
        ['transaction.version', 2],
      ]);
      harness.restart();
      expect(harness.machine.handleStart().records).toEqual([]);
    });

    it('KIP-868: a transaction counts when it is ended, not when it is aborted or cut off', () => {
      const level = (featureLevel: number): MetadataRecordInput => ({
        kind: 'featureLevel',
        body: { name: 'x.version', featureLevel },
      });
      const begin: MetadataRecordInput = { kind: 'beginTransaction', body: {} };
      harness.write([begin, level(1)]);
      expect(harness.machine.image.featureLevels.has('x.version')).toBe(false);
      harness.write([{ kind: 'endTransaction', body: {} }]);
      expect(harness.machine.image.featureLevels.get('x.version')).toBe(1);
      harness.write([begin, level(2), { kind: 'abortTransaction', body: {} }]);
      expect(harness.machine.image.featureLevels.get('x.version')).toBe(1);
      harness.write([begin, level(3)]);
      harness.restart();
      const { records } = harness.machine.handleStart();
      expect(kindsOf(records)[0]).toBe('abortTransaction');
      harness.write(records);
      expect(harness.machine.image.featureLevels.get('x.version')).toBe(1);
    });
  });

  it('the house rule: no handler changes anything; a restart is a replay', () => {
    harness.createTopics('one');
    const outcome = harness.machine.handleCreateTopics(
      { topics: [topicToCreate('two')], timeoutMs: 0, validateOnly: false },
      harness.facts,
    );
    expect(harness.machine.image.topicByName('two')).toBeUndefined();
    harness.perform(outcome);
    const before = [...harness.machine.image.topics];
    harness.restart();
    expect([...harness.machine.image.topics]).toEqual(before);
    expect(before.map(({ name, partitions }) => [name, partitions.length])).toEqual([
      ['one', 2],
      ['two', 3],
    ]);
  });

  describe('topics', () => {
    it('K20: all topics of a request are one batch, in the order topic, configs, partitions', () => {
      const topics = [
        { ...topicToCreate('one', 1), configs: [{ name: 'retention.ms', value: '5' }] },
        topicToCreate('two', 2),
      ];
      const { records } = harness.machine.handleCreateTopics(
        { topics, timeoutMs: 0, validateOnly: false },
        harness.facts,
      );
      expect(kindsOf(records)).toEqual(['topic', 'config', 'partition', 'topic', 'partition', 'partition']);
      expect(records[2]).toMatchObject({
        version: 1,
        body: {
          partitionId: 0,
          topicId: topicIdOf(0),
          replicas: [1],
          isr: [1],
          leader: 1,
          leaderEpoch: 0,
          partitionEpoch: 0,
          directories: ['directory000000000000A'],
        },
      });
    });

    it('K20, G7: names that collide within one request, and directories that nobody owns', () => {
      const topics = ['a.b', 'a_b', 'stray'].map((name) => topicToCreate(name));
      const { reply } = harness.machine.handleCreateTopics(
        { topics, timeoutMs: 0, validateOnly: false },
        harness.facts,
      );
      expect(reply.map(({ name, errorCode }) => [name, errorCode])).toEqual([
        ['a.b', 0],
        ['a_b', ErrorCode.INVALID_TOPIC_EXCEPTION],
        ['stray', ErrorCode.TOPIC_ALREADY_EXISTS],
      ]);
    });

    it('K20: more than 10,000 partitions in one request are refused, whoever asks for them', () => {
      const topics = [topicToCreate('one', 5_000), topicToCreate('two', 5_001)];
      const { records, reply } = harness.machine.handleCreateTopics(
        { topics, timeoutMs: 0, validateOnly: false },
        harness.facts,
      );
      expect(records).toEqual([]);
      expect(reply.map(({ errorCode }) => errorCode)).toEqual([44, 44]);
    });

    it('K22: the same bound holds when partitions are added', () => {
      harness.createTopics('one', 'two');
      const topics = ['one', 'two'].map((name) => ({ name, count: 6_002, assignments: null }));
      const { records, reply } = harness.machine.handleCreatePartitions({
        topics,
        timeoutMs: 0,
        validateOnly: false,
      });
      expect(reply.map(({ errorCode }) => errorCode)).toEqual([0, ErrorCode.POLICY_VIOLATION]);
      expect(records).toHaveLength(6_000);
    });

    it('K21: configs go with their topic, and one of the same name begins without them', () => {
      harness.createTopics('one');
      harness.perform(
        harness.machine.handleAlterConfigs({
          resources: [
            { resourceType: 2, resourceName: 'one', configs: [{ name: 'retention.ms', value: '5' }] },
          ],
          validateOnly: false,
        }),
      );
      expect([...harness.machine.topicConfigs('one')]).toEqual([['retention.ms', '5']]);
      const { topicId } = harness.machine.image.topicByName('one')!;
      harness.perform(
        harness.machine.handleDeleteTopics(
          { topics: [{ name: 'one', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }], topicNames: [], timeoutMs: 0 },
          6,
        ),
      );
      harness.createTopics('one');
      expect(harness.machine.image.topicByName('one')!.topicId).not.toBe(topicId);
      expect([...harness.machine.topicConfigs('one')]).toEqual([]);
    });

    it('K12: a change of a partition raises its epochs, as Kafka wrote them', () => {
      harness.createTopics('one');
      const topicId = topicIdOf(0);
      harness.write([
        { kind: 'partitionChange', body: { partitionId: 0, topicId, isr: [1], leader: -2 } },
        { kind: 'partitionChange', body: { partitionId: 0, topicId, leader: 1 } },
      ]);
      expect(harness.machine.image.topicByName('one')!.partitions[0]).toEqual({
        replicas: [1],
        isr: [1],
        leader: 1,
        leaderEpoch: 1,
        partitionEpoch: 2,
      });
    });
  });

  describe('configs', () => {
    const alter = (
      resourceType: number,
      resourceName: string,
      changes: [name: string, configOperation: number, value: string | null][],
      validateOnly = false,
    ) => {
      const configs = changes.map(([name, configOperation, value]) => ({ name, configOperation, value }));
      return harness.machine.handleIncrementalAlterConfigs({
        resources: [{ resourceType, resourceName, configs }],
        validateOnly,
      });
    };

    it('K24: only what differs is written', () => {
      harness.createTopics('one');
      harness.perform(alter(2, 'one', [['retention.ms', 0, '5']]));
      const again = alter(2, 'one', [
        ['retention.ms', 0, '5'],
        ['segment.ms', 1, null],
      ]);
      expect(again.records).toEqual([]);
      expect(alter(2, 'one', [['retention.ms', 1, null]]).records).toEqual([
        { kind: 'config', body: { resourceType: 2, resourceName: 'one', name: 'retention.ms', value: null } },
      ]);
    });

    it('K24: an unknown operation is INVALID_REQUEST', () => {
      harness.createTopics('one');
      expect(alter(2, 'one', [['retention.ms', 9, '5']]).reply[0]!.errorCode).toBe(42);
    });

    it('KIP-226: hours that were given at the start yield to milliseconds that are set, and come back', () => {
      harness = new ControllerHarness({ logRetentionHours: 3 });
      const valuesOf = () => {
        const { logRetentionMs, logRetentionHours } = harness.machine.config.values;
        return [logRetentionMs, logRetentionHours];
      };
      expect(valuesOf()).toEqual([null, 3]);
      harness.perform(alter(4, '', [['log.retention.ms', 0, '5000']]));
      expect(valuesOf()).toEqual([5000, 168]);
      harness.perform(alter(4, '1', [['log.retention.ms', 0, '6000']]));
      expect(valuesOf()).toEqual([6000, 168]);
      harness.restart();
      expect(valuesOf()).toEqual([6000, 168]);
      harness.perform(alter(4, '1', [['log.retention.ms', 1, null]]));
      harness.perform(alter(4, '', [['log.retention.ms', 1, null]]));
      expect(valuesOf()).toEqual([null, 3]);
    });

    it('K24: lags of a broker that contradict each other are INVALID_REQUEST', () => {
      const { reply, records } = alter(4, '', [
        ['log.cleaner.min.compaction.lag.ms', 0, '10'],
        ['log.cleaner.max.compaction.lag.ms', 0, '9'],
      ]);
      expect([reply[0]!.errorCode, records]).toEqual([42, []]);
    });

    it('what another version accepted and this one does not know is passed over', () => {
      const body = { resourceType: 4, resourceName: '', name: 'of.another.version', value: '1' };
      harness.write([
        { kind: 'config', body },
        { kind: 'config', body: { ...body, name: 'message.max.bytes', value: 'many' } },
      ]);
      expect(harness.machine.config.values.messageMaxBytes).toBe(1_048_588);
    });
  });

  it('T3: blocks of producer ids never overlap, not over a restart either', () => {
    const blocks = [harness.perform(harness.machine.handleAllocateProducerIds())];
    blocks.push(harness.perform(harness.machine.handleAllocateProducerIds()));
    harness.restart();
    blocks.push(harness.perform(harness.machine.handleAllocateProducerIds()));
    expect(blocks).toEqual([0, 1000, 2000].map((firstId) => ({ firstId, size: 1000 })));
  });
});
