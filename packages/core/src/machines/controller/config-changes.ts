// Decides which changes of configs are made (K24): each resource by itself, all of its changes or none.
import { ErrorCode } from '../../protocol/errors.js';
import type { AlterConfigsRequest } from '../../protocol/messages/33-alter-configs.js';
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponseInput,
} from '../../protocol/messages/44-incremental-alter-configs.js';
import type { MetadataRecordInput } from '../../protocol/metadata/metadata-records.js';
import {
  allBrokers,
  configResourceKey,
  configResourceTypes,
  type ConfigResource,
} from './config-resource.js';
import { brokerConfigDefinition, dynamicBrokerConfigs } from './config/broker-configs.js';
import { configText, type ConfigDefinition } from './config/config-definition.js';
import { groupConfigDefinition, groupConfigsProblem } from './config/group-configs.js';
import { topicConfigDefinition, topicConfigsProblem } from './config/topic-configs.js';
import { duplicatesOf, refuse, type ControllerOutcome, type Refusal } from './controller-outcome.js';
import type { ControllerState } from './controller-state.js';
import { topicNameProblem } from './topic-name.js';

/** The answers of IncrementalAlterConfigs and of AlterConfigs are the same. */
export type AlteredResource = IncrementalAlterConfigsResponseInput['responses'][number];
type Change = IncrementalAlterConfigsRequest['resources'][number]['configs'][number];
type Configs = ReadonlyMap<string, string>;

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

export function incrementalAlterConfigs(
  state: ControllerState,
  { resources, validateOnly }: IncrementalAlterConfigsRequest,
): ControllerOutcome<readonly AlteredResource[]> {
  return alter(state, resources, validateOnly, ({ configs }, before, definitionOf) => {
    const after = new Map(before);
    for (const change of configs) {
      const refusal = applyChange(after, change, definitionOf(change.name));
      if (refusal !== null) return refusal;
    }
    return after;
  });
}

/** What is not named goes back to its default. */
export function alterConfigs(
  state: ControllerState,
  { resources, validateOnly }: AlterConfigsRequest,
): ControllerOutcome<readonly AlteredResource[]> {
  return alter(state, resources, validateOnly, ({ configs }) => {
    const after = new Map<string, string>();
    for (const { name, value } of configs) {
      if (value === null) return nullValue(name);
      after.set(name, value);
    }
    return after;
  });
}

interface ResourceToAlter extends ConfigResource {
  readonly configs: readonly { readonly name: string }[];
}

type DefinitionOf = (name: string) => ConfigDefinition<unknown> | undefined;

function alter<Resource extends ResourceToAlter>(
  state: ControllerState,
  resources: readonly Resource[],
  validateOnly: boolean,
  configsAfter: (resource: Resource, before: Configs, definitionOf: DefinitionOf) => Configs | Refusal,
): ControllerOutcome<readonly AlteredResource[]> {
  const twice = duplicatesOf(resources.map(configResourceKey));
  const records: MetadataRecordInput[] = [];
  const reply: AlteredResource[] = [];
  for (const resource of resources) {
    const { resourceType, resourceName } = resource;
    const outcome = twice.has(configResourceKey(resource))
      ? refuse(ErrorCode.INVALID_REQUEST, 'The resource is named more than once in the request')
      : alterOne(state, resource, configsAfter);
    const isRefused = !Array.isArray(outcome);
    if (!isRefused) records.push(...outcome);
    reply.push({
      errorCode: isRefused ? outcome.errorCode : ErrorCode.NONE,
      errorMessage: isRefused ? outcome.message : null,
      resourceType,
      resourceName,
    });
  }
  return { records: validateOnly ? [] : records, reply };
}

function alterOne<Resource extends ResourceToAlter>(
  state: ControllerState,
  resource: Resource,
  configsAfter: (resource: Resource, before: Configs, definitionOf: DefinitionOf) => Configs | Refusal,
): MetadataRecordInput[] | Refusal {
  const twice = duplicatesOf(resource.configs.map(({ name }) => name));
  if (twice.size > 0) {
    return refuse(ErrorCode.INVALID_REQUEST, `Config ${[...twice].join(', ')} is named more than once`);
  }
  const rules = rulesByType.get(resource.resourceType);
  if (rules === undefined) {
    return refuse(
      ErrorCode.INVALID_REQUEST,
      `Configs of resource type ${resource.resourceType} cannot be changed here`,
    );
  }
  const refusal = rules.refusal(state, resource);
  if (refusal !== null) return refusal;
  const before = state.image.configsOf(resource);
  const after = configsAfter(resource, before, rules.definitionOf);
  if ('kind' in after) return after;
  return rules.problem(state, resource, after, before) ?? differences(resource, before, after);
}

/** What decides about the configs of one type of resource. */
interface ConfigRules {
  /** Why the resource cannot have configs. */
  refusal(state: ControllerState, resource: ConfigResource): Refusal | null;
  definitionOf: DefinitionOf;
  /** What is wrong with all its configs, as they would be. */
  problem(state: ControllerState, resource: ConfigResource, after: Configs, before: Configs): Refusal | null;
}

const rulesByType: ReadonlyMap<number, ConfigRules> = new Map([
  [
    configResourceTypes.topic,
    { refusal: topicRefusal, definitionOf: topicConfigDefinition, problem: topicProblem },
  ],
  [
    configResourceTypes.broker,
    { refusal: brokerRefusal, definitionOf: brokerConfigDefinition, problem: brokerProblem },
  ],
  [
    configResourceTypes.group,
    { refusal: groupRefusal, definitionOf: groupConfigDefinition, problem: groupProblem },
  ],
] as const);

/** A group may have configs before it has members. */
function groupRefusal(_state: ControllerState, { resourceName }: ConfigResource): Refusal | null {
  if (resourceName !== '') return null;
  return refuse(ErrorCode.INVALID_REQUEST, 'There are no configs of all groups; name one group');
}

function groupProblem(
  { config }: ControllerState,
  _resource: ConfigResource,
  after: Configs,
): Refusal | null {
  const problem = groupConfigsProblem(after, config);
  return problem === null ? null : refuse(ErrorCode.INVALID_CONFIG, problem);
}

function topicRefusal({ image }: ControllerState, { resourceName }: ConfigResource): Refusal | null {
  const nameProblem = topicNameProblem(resourceName);
  if (resourceName === '')
    return refuse(ErrorCode.INVALID_REQUEST, 'There are no configs of all topics; name one topic');
  if (nameProblem !== null) return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, nameProblem);
  if (image.topicByName(resourceName) !== undefined) return null;
  return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Topic "${resourceName}" does not exist`);
}

function brokerRefusal({ node }: ControllerState, resource: ConfigResource): Refusal | null {
  const { resourceName } = resource;
  if (resourceName === allBrokers || resourceName === String(node.nodeId)) return null;
  const message = /^\d+$/.test(resourceName)
    ? `Broker "${resourceName}" is not this one, which is ${node.nodeId}`
    : `Broker "${resourceName}" is no id; the only broker is ${node.nodeId}`;
  return refuse(ErrorCode.INVALID_REQUEST, message);
}

function topicProblem(
  { config }: ControllerState,
  _resource: ConfigResource,
  after: Configs,
): Refusal | null {
  const problem = topicConfigsProblem(after, config);
  return problem === null ? null : refuse(ErrorCode.INVALID_CONFIG, problem);
}

/** Kafka answers everything that is wrong with a broker's configs with INVALID_REQUEST. */
function brokerProblem(
  state: ControllerState,
  { resourceName }: ConfigResource,
  after: Configs,
  before: Configs,
): Refusal | null {
  for (const [name, text] of after) {
    if (before.get(name) === text) continue;
    const definition = brokerConfigDefinition(name);
    if (definition === undefined)
      return refuse(ErrorCode.INVALID_REQUEST, `Config ${name} is unknown for brokers`);
    if (!dynamicBrokerConfigs.has(name)) {
      const message = `Config ${name} cannot be changed while the broker runs; give it when the broker starts`;
      return refuse(ErrorCode.INVALID_REQUEST, message);
    }
    const parsed = definition.parse(text);
    if ('problem' in parsed)
      return refuse(ErrorCode.INVALID_REQUEST, `Config ${name} cannot be "${text}": ${parsed.problem}`);
  }
  const { values } =
    resourceName === allBrokers ? state.configWith(new Map(), after) : state.configWith(after, new Map());
  if (values.logCleanerMinCompactionLagMs <= values.logCleanerMaxCompactionLagMs) return null;
  const message =
    'Config log.cleaner.min.compaction.lag.ms cannot be greater than log.cleaner.max.compaction.lag.ms';
  return refuse(ErrorCode.INVALID_REQUEST, message);
}

function nullValue(name: string): Refusal {
  return refuse(ErrorCode.INVALID_REQUEST, `Config ${name} has no value; delete it to have its default`);
}

/** Makes one change in `configs`. */
function applyChange(
  configs: Map<string, string>,
  { name, configOperation, value }: Change,
  definition: ConfigDefinition<unknown> | undefined,
): Refusal | null {
  if (configOperation === operations.delete) {
    configs.delete(name);
    return null;
  }
  if (value === null) return nullValue(name);
  if (configOperation === operations.set) {
    configs.set(name, value);
    return null;
  }
  if (configOperation !== operations.append && configOperation !== operations.subtract) {
    return refuse(
      ErrorCode.INVALID_REQUEST,
      `Operation ${configOperation} is unknown; 0 is SET, 1 DELETE, 2 APPEND, 3 SUBTRACT`,
    );
  }
  if (definition?.type !== 'list') {
    const verb = configOperation === operations.append ? 'appended to' : 'subtracted from';
    return refuse(ErrorCode.INVALID_CONFIG, `Config ${name} is no list and cannot be ${verb}`);
  }
  const words = wordsOf(configs.get(name) ?? configText(definition.defaultValue) ?? '');
  const named = wordsOf(value);
  const changed =
    configOperation === operations.append
      ? [...new Set([...words, ...named])]
      : words.filter((word) => !named.includes(word));
  configs.set(name, changed.join(','));
  return null;
}

function wordsOf(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function differences(resource: ConfigResource, before: Configs, after: Configs): MetadataRecordInput[] {
  const { resourceType, resourceName } = resource;
  const record = (name: string, value: string | null): MetadataRecordInput => ({
    kind: 'config',
    body: { resourceType, resourceName, name, value },
  });
  return [
    ...[...after]
      .filter(([name, value]) => before.get(name) !== value)
      .map(([name, value]) => record(name, value)),
    ...[...before.keys()].filter((name) => !after.has(name)).map((name) => record(name, null)),
  ];
}
