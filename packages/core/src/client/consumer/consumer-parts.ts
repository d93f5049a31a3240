// Decides how the parts of a consumer are put together.
import { Fetcher } from '../../machines/consumer/fetcher.js';
import type { FetchPlan } from '../../machines/consumer/fetch-plan.js';
import { SubscriptionState } from '../../machines/consumer/subscription-state.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { FetchResponse } from '../../protocol/messages/01-fetch.js';
import { FetchLoop } from '../../runtime/fetch-loop.js';
import { ConnectionError, KafkaError } from '../errors.js';
import { takeLeaderHint } from '../leader-hints.js';
import type { Metadata } from '../metadata.js';
import type { NetworkClient } from '../network-client.js';
import type { ConnectionPorts } from '../node-connection.js';
import { AutoCommit } from './auto-commit.js';
import type { ConsumerContext } from './consumer-context.js';
import { ClassicProtocolGroup } from './classic-protocol-group.js';
import type { ConsumerGroup, ConsumerGroupOptions } from './consumer-group.js';
import { ConsumerProtocolGroup } from './consumer-protocol-group.js';
import { consumerSettings, type ConsumerOptions, type ConsumerSettings } from './consumer-options.js';
import { ConsumerTelemetry } from './consumer-telemetry.js';
import { GroupCoordinatorClient } from './group-coordinator-client.js';
import { HeldRecords } from './held-records.js';
import { metadataView } from './metadata-view.js';
import { OffsetCommitter } from './offset-committer.js';
import { OffsetLookup } from './offset-lookup.js';
import { PositionUpdater } from './position-updater.js';
import { RecordAssembler } from './record-assembler.js';
import type { RetryOptions } from './retry.js';
import { resetRecreated } from './recreated-topics.js';
import { TopicInterest } from './topic-interest.js';
import { WakeSignal } from './wake-signal.js';

export interface ConsumerParts<K, V> {
  readonly settings: ConsumerSettings;
  readonly context: ConsumerContext;
  readonly ports: ConnectionPorts;
  readonly telemetry: ConsumerTelemetry;
  readonly retry: RetryOptions;
  readonly signal: WakeSignal;
  readonly subscription: SubscriptionState;
  readonly fetcher: Fetcher;
  readonly fetchLoop: FetchLoop;
  readonly assembler: RecordAssembler<K, V>;
  /** What loops over the consumer have polled and not reached. */
  readonly held: HeldRecords;
  readonly lookup: OffsetLookup;
  readonly topics: TopicInterest;
  readonly positions: PositionUpdater;
  /** What needs a group; null without one. */
  readonly grouped: GroupedParts | null;
  /** Takes an error that the next poll has to throw. */
  readonly failures: KafkaError[];
  /** Set by the consumer when it begins to close. */
  readonly lifecycle: { isEnding: boolean };
}

export interface GroupedParts {
  readonly committer: OffsetCommitter;
  readonly group: ConsumerGroup;
  /** Null when the application commits itself. */
  readonly autoCommit: AutoCommit | null;
}

/** The broker holds a fetch for `fetchMaxWaitMs`; the rest of the time is for the way. */
function fetchTimeoutMs(settings: ConsumerSettings): number {
  return settings.requestTimeoutMs + settings.fetchMaxWaitMs;
}

/** With the back-off between them about three seconds. */
const failuresBeforeWarning = 5;

/** More errors than this between two polls are dropped: the first one tells. */
const maxFailures = 10;

export function createConsumerParts<K, V>(
  options: ConsumerOptions<K, V>,
  context: ConsumerContext,
): ConsumerParts<K, V> {
  const settings = consumerSettings(options);
  const { networkClient, metadata } = context;
  const { ports } = networkClient;
  const { retryBackoffMs, retryBackoffMaxMs } = settings;
  const lifecycle = { isEnding: false };
  const held = new HeldRecords();
  const retry = { ports, retryBackoffMs, retryBackoffMaxMs, isEnding: () => lifecycle.isEnding };
  const isolation = settings.isolationLevel === 'read_committed' ? 'committed' : 'uncommitted';
  const failures: KafkaError[] = [];
  const signal = new WakeSignal(ports.timers);
  const onProgress = (): void => signal.notify();
  const subscription = new SubscriptionState(settings.autoOffsetReset);
  const telemetry = new ConsumerTelemetry(networkClient, subscription, settings);
  const fetcher = new Fetcher(
    { ...settings, isolation, decompressors: context.compressors },
    subscription,
    metadataView(metadata),
  );
  const fetchLoop = createFetchLoop(settings, context, fetcher, telemetry, onProgress);
  const lookup = new OffsetLookup(networkClient, metadata, isolation);
  const topics = new TopicInterest({
    ...settings,
    subscription,
    metadata,
    ports,
    onMatch: () => grouped?.group.handleSubscriptionChange(),
    onFailure: (error) => {
      if (failures.length < maxFailures) failures.push(error);
      signal.notify();
    },
    onUpdate: () => {
      const homeless = resetRecreated(subscription, metadataView(metadata), ports.diagnostics);
      if (homeless !== null && failures.length < maxFailures) failures.push(homeless);
      grouped?.group.handleMetadataUpdate();
      fetchLoop.kick();
      signal.notify();
    },
  });
  const grouped =
    settings.groupId === null
      ? null
      : createGroupedParts({
          settings,
          context,
          telemetry,
          subscription,
          topics,
          held,
          retry,
          onProgress,
          fetchLoop,
        });
  const positions = new PositionUpdater({
    subscription,
    lookup,
    metadata,
    committer: grouped?.committer ?? null,
    clock: ports.clock,
    diagnostics: ports.diagnostics,
    requestTimeoutMs: settings.requestTimeoutMs,
    retryBackoffMs: settings.retryBackoffMs,
    onProgress: () => {
      fetchLoop.kick();
      signal.notify();
    },
  });
  const assembler = new RecordAssembler<K, V>(
    {
      keyDeserializer: options.keyDeserializer,
      valueDeserializer: options.valueDeserializer,
      deserializationFailures: settings.deserializationFailures,
      maxPollRecords: settings.maxPollRecords,
    },
    fetcher,
  );
  return {
    settings,
    context,
    ports,
    telemetry,
    retry,
    signal,
    subscription,
    fetcher,
    fetchLoop,
    assembler,
    held,
    lookup,
    topics,
    positions,
    grouped,
    failures,
    lifecycle,
  };
}

function createFetchLoop(
  settings: ConsumerSettings,
  { networkClient, metadata }: ConsumerContext,
  fetcher: Fetcher,
  telemetry: ConsumerTelemetry,
  onProgress: () => void,
): FetchLoop {
  const { clock, timers, diagnostics } = networkClient.ports;
  return new FetchLoop({
    fetcher,
    clock,
    timers,
    send: async (plan: FetchPlan) => {
      const { versionCap } = plan;
      const response = await telemetry.fetching(plan, () =>
        networkClient.send(plan.nodeId, apis.fetch, plan.request, {
          timeoutMs: fetchTimeoutMs(settings),
          purpose: 'fetch',
          ...(versionCap === null ? {} : { maxVersion: versionCap }),
        }),
      );
      takeLeaderHints(networkClient, metadata, plan, response);
      return response;
    },
    onProgress,
    onMetadataStale: () => metadata.requestUpdate(),
    onRequestFailed: (nodeId, error, failuresInARow) => {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof ConnectionError) {
        // When no broker answers, the metadata say so; here it is one that stays away while others answer.
        if (failuresInARow !== failuresBeforeWarning || metadata.lastError !== null) return;
        diagnostics.log('warn', 'A broker cannot be fetched from; trying on until it answers', {
          nodeId,
          reason,
        });
      } else if (failuresInARow === 1) {
        const level = error instanceof KafkaError && error.retriable ? 'debug' : 'warn';
        diagnostics.log(level, 'A fetch failed and is tried again', { nodeId, reason });
      }
    },
  });
}

/** Where an answer names other leaders than the broker that was asked, the next plan asks those (KIP-951). */
function takeLeaderHints(
  client: NetworkClient,
  metadata: Metadata,
  plan: FetchPlan,
  response: FetchResponse,
): void {
  for (const topic of response.responses) {
    for (const { errorCode, partitionIndex, currentLeader } of topic.partitions) {
      if (errorCode === ErrorCode.NONE || currentLeader.leaderId < 0) continue;
      const state = plan.find(topic.topic, topic.topicId, partitionIndex)?.state;
      if (state === undefined) continue;
      takeLeaderHint(client, metadata, state.topic, partitionIndex, currentLeader, response.nodeEndpoints);
    }
  }
}

interface GroupedPartsContext {
  readonly settings: ConsumerSettings;
  readonly context: ConsumerContext;
  readonly telemetry: ConsumerTelemetry;
  readonly subscription: SubscriptionState;
  readonly topics: TopicInterest;
  readonly held: HeldRecords;
  readonly retry: RetryOptions;
  readonly fetchLoop: FetchLoop;
  readonly onProgress: () => void;
}

function createGroupedParts(made: GroupedPartsContext): GroupedParts {
  const { settings, context, subscription, topics, held, retry, fetchLoop, onProgress } = made;
  const { networkClient, metadata } = context;
  const { ports } = networkClient;
  const groupId = settings.groupId ?? '';
  const coordinator = new GroupCoordinatorClient(
    networkClient,
    groupId,
    settings.requestTimeoutMs,
    made.telemetry,
  );
  const groupOptions: ConsumerGroupOptions = {
    settings,
    groupId,
    subscription,
    coordinator,
    metadata,
    ports,
    followTopics: (names) => topics.follow(names),
    beforeRevocation: async (timeoutMs) => autoCommit?.commitNow(timeoutMs),
    beforeReconciliation: async (timeoutMs) => autoCommit?.commitUntil(timeoutMs),
    onAssignmentChange: () => fetchLoop.kick(),
    onProgress,
  };
  const group: ConsumerGroup =
    settings.groupProtocol === 'consumer'
      ? new ConsumerProtocolGroup({ ...groupOptions, client: networkClient })
      : new ClassicProtocolGroup(groupOptions);
  const committer = new OffsetCommitter({
    coordinator,
    group,
    metadata,
    retry,
    usesGroupAssignment: () => subscription.usesGroupAssignment,
  });
  const autoCommit = settings.enableAutoCommit
    ? new AutoCommit({
        committer,
        subscription,
        held,
        clock: ports.clock,
        diagnostics: ports.diagnostics,
        intervalMs: settings.autoCommitIntervalMs,
        requestTimeoutMs: settings.requestTimeoutMs,
      })
    : null;
  return { committer, group, autoCommit };
}
