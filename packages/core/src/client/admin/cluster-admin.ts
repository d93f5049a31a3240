// Decides how the cluster and the configs of its brokers and topics are described.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { DescribeConfigsResponse } from '../../protocol/messages/32-describe-configs.js';
import { brokerError, InvalidArgumentError, KafkaError } from '../errors.js';
import type { Node } from '../types.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';

/** A cluster and its brokers. */
export interface ClusterDescription {
  /** The cluster's id. */
  readonly clusterId: string;
  /** Null while there is none. */
  readonly controller: Node | null;
  /** The brokers that are alive. */
  readonly nodes: readonly Node[];
}

/** What has configs. */
export type ConfigResourceType = 'topic' | 'broker';

/** Whose configs are wanted. */
export interface ConfigResource {
  /** A topic or a broker. */
  readonly type: ConfigResourceType;
  /** The topic's name, or the broker's id; an empty broker name stands for what is set for all brokers of the cluster. */
  readonly name: string;
  /** Configs wanted; absent: all. */
  readonly configNames?: readonly string[];
}

const resourceTypes: Readonly<Record<ConfigResourceType, number>> = { topic: 2, broker: 4 };

const configSources = [
  'unknown',
  'dynamic-topic',
  'dynamic-broker',
  'dynamic-default-broker',
  'static-broker',
  'default',
  'dynamic-broker-logger',
  'dynamic-client-metrics',
  'dynamic-group',
] as const satisfies readonly ConfigSource[];
/** What gave a config its value, by Kafka's names. */
export type ConfigSource =
  | 'unknown'
  | 'dynamic-topic'
  | 'dynamic-broker'
  | 'dynamic-default-broker'
  | 'static-broker'
  | 'default'
  | 'dynamic-broker-logger'
  | 'dynamic-client-metrics'
  | 'dynamic-group';

/** One place that gives a config a value. */
export interface ConfigSynonym {
  /** Its name, for example `log.retention.ms`. */
  readonly name: string;
  /** Null when it is not set, or is sensitive. */
  readonly value: string | null;
  /** Where it is set. */
  readonly source: ConfigSource;
}

/** One config and its value. */
export interface ConfigEntry {
  /** Its name, for example `retention.ms`. */
  readonly name: string;
  /** Null when it is not set, or is sensitive. */
  readonly value: string | null;
  /** What gave it its value. */
  readonly source: ConfigSource;
  /** Whether it cannot be changed while the broker runs. */
  readonly isReadOnly: boolean;
  /** Whether the value is kept back, as with passwords. */
  readonly isSensitive: boolean;
  /** All that would decide, the first of which does. */
  readonly synonyms: readonly ConfigSynonym[];
}

export function describeCluster(context: AdminContext): Promise<ClusterDescription> {
  return context.call('Describing the cluster', async (timeoutMs) => {
    const response = await context.client.send(
      'any',
      apis.describeCluster,
      { includeClusterAuthorizedOperations: false },
      { timeoutMs },
    );
    if (response.errorCode !== ErrorCode.NONE) {
      throw brokerError(response.errorCode, 'Cannot describe the cluster', response.errorMessage);
    }
    const nodes = response.brokers.map(({ brokerId, host, port, rack }) => ({
      id: brokerId,
      host,
      port,
      rack,
    }));
    const controller = nodes.find((node) => node.id === response.controllerId) ?? null;
    return { clusterId: response.clusterId, controller, nodes };
  });
}

function entriesOf(result: DescribeConfigsResponse['results'][number]): Map<string, ConfigEntry> {
  return new Map(
    result.configs.map((config) => [
      config.name,
      {
        name: config.name,
        value: config.value,
        source: configSources[config.configSource] ?? 'unknown',
        isReadOnly: config.readOnly,
        isSensitive: config.isSensitive,
        synonyms: config.synonyms.map(({ name, value, source }) => ({
          name,
          value,
          source: configSources[source] ?? 'unknown',
        })),
      },
    ]),
  );
}

/** A broker answers for itself alone; any of them answers for topics. */
function targetOf(resource: ConfigResource): number | 'any' {
  if (resource.type === 'topic' || resource.name === '') return 'any';
  const nodeId = Number(resource.name);
  if (!Number.isInteger(nodeId)) {
    throw new InvalidArgumentError(
      `Cannot describe broker ${JSON.stringify(resource.name)}: its name is its id, for example "1"`,
    );
  }
  return nodeId;
}

/** Results by `type:name`, for example `topic:flights`. */
export async function describeConfigs(
  context: AdminContext,
  resources: readonly ConfigResource[],
): Promise<AdminResults<ReadonlyMap<string, ConfigEntry>>> {
  const byTarget = new Map<number | 'any', ConfigResource[]>();
  for (const resource of resources) {
    const target = targetOf(resource);
    const list = byTarget.get(target) ?? [];
    byTarget.set(target, list);
    list.push(resource);
  }
  const results = new ResultCollector<ReadonlyMap<string, ConfigEntry>>();
  const ask = async (
    target: number | 'any',
    asked: readonly ConfigResource[],
    timeoutMs: number,
  ): Promise<void> => {
    if (target !== 'any' && !context.client.hasNode(target)) await context.metadata.refresh(timeoutMs);
    const response = await context.client.send(
      target,
      apis.describeConfigs,
      {
        resources: asked.map(({ type, name, configNames }) => ({
          resourceType: resourceTypes[type],
          resourceName: name,
          configurationKeys: configNames ?? null,
        })),
        includeSynonyms: true,
      },
      { timeoutMs },
    );
    for (const result of response.results) {
      const type = result.resourceType === resourceTypes.broker ? 'broker' : 'topic';
      const name = `${type}:${result.resourceName}`;
      if (result.errorCode === ErrorCode.NONE) results.value(name, entriesOf(result));
      else results.error(name, brokerError(result.errorCode, `Cannot describe ${name}`, result.errorMessage));
    }
  };
  await Promise.all(
    [...byTarget].map(async ([target, asked]) => {
      try {
        await context.call('Describing configs', (timeoutMs) => ask(target, asked, timeoutMs));
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        for (const { type, name } of asked) results.error(`${type}:${name}`, error);
      }
    }),
  );
  return results.finish();
}
