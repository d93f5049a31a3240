// Decides that a consumer that is told nothing has Kafka's defaults (CC1).
import { consumerSettings } from '../../../src/client/consumer/consumer-options.js';

test('CC1: the defaults are those of Kafka’s consumer', () => {
  const { assignors, ...settings } = consumerSettings({ groupId: 'g' });
  expect(settings).toMatchObject({
    fetchMinBytes: 1,
    fetchMaxWaitMs: 500,
    fetchMaxBytes: 52_428_800,
    maxPartitionFetchBytes: 1_048_576,
    maxPollRecords: 500,
    sessionTimeoutMs: 45_000,
    heartbeatIntervalMs: 3_000,
    maxPollIntervalMs: 300_000,
    enableAutoCommit: true,
    autoCommitIntervalMs: 5_000,
    autoOffsetReset: 'latest',
    isolationLevel: 'read_uncommitted',
    defaultApiTimeoutMs: 60_000,
    requestTimeoutMs: 30_000,
    retryBackoffMs: 100,
    retryBackoffMaxMs: 1_000,
    metadataMaxAgeMs: 300_000,
    checkCrcs: true,
    excludeInternalTopics: true,
    allowAutoCreateTopics: true,
  });
  expect(assignors.map(({ name }) => name)).toEqual(['range', 'cooperative-sticky']);
});

test('CC1: without a group there is nothing to commit to', () => {
  expect(consumerSettings({}).enableAutoCommit).toBe(false);
});
