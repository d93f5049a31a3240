// DescribeConfigs, key 32, versions 1 to 4.
//
// Topics (resource type 2) and brokers (type 4): this one by its id, with all its configs, or all under the empty name, with those that were
// set for all (KIP-226); groups (type 32), whether they are there or not, with the times of their members (KIP-848). Every config comes with
// its value, its source and, where asked for, all that would decide it in the order topic or group, dynamic, dynamic for all, static,
// default (K24); version 3 and later add type and documentation (KIP-569). Read-only are the broker's configs that cannot change while it
// runs. A key that is not a config is left out, as Kafka does. Unknown topics are UNKNOWN_TOPIC_OR_PARTITION, other resource types, other
// brokers and a group without a name INVALID_REQUEST. Nothing here is sensitive.
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import type {
  DescribeConfigsRequest,
  DescribeConfigsResponseInput,
} from '../../protocol/messages/32-describe-configs.js';
import { allBrokers, configResourceTypes } from '../../machines/controller/config-resource.js';
import {
  brokerConfigDefinition,
  dynamicBrokerConfigs,
} from '../../machines/controller/config/broker-configs.js';
import {
  configSourceCodes,
  configText,
  configTypeCodes,
  type ConfigDefinition,
  type EffectiveConfig,
} from '../../machines/controller/config/config-definition.js';
import {
  brokerConfigValues,
  dynamicDefaults,
} from '../../machines/controller/config/resolved-broker-config.js';
import { groupConfigDefinition, groupConfigValues } from '../../machines/controller/config/group-configs.js';
import { topicConfigDefinition, topicConfigValues } from '../../machines/controller/config/topic-configs.js';
import { topicNameProblem } from '../../machines/controller/topic-name.js';
import { served, type ServedApi } from '../request.js';
import type { TopicRegistry } from '../topic-registry.js';

type Result = DescribeConfigsResponseInput['results'][number];
type Resource = DescribeConfigsRequest['resources'][number];

const { topic: topicResource, broker: brokerResource, group: groupResource } = configResourceTypes;

class DescribeConfigsHandler {
  constructor(
    private readonly topics: TopicRegistry,
    private readonly request: DescribeConfigsRequest,
  ) {}

  describe(resource: Resource): Result {
    if (resource.resourceType === topicResource) return this.#describeTopic(resource);
    if (resource.resourceType === brokerResource) return this.#describeBroker(resource);
    if (resource.resourceType === groupResource) return this.#describeGroup(resource);
    return this.#failed(
      resource,
      ErrorCode.INVALID_REQUEST,
      `Resource type ${resource.resourceType} has no configs here`,
    );
  }

  #failed({ resourceType, resourceName }: Resource, errorCode: number, errorMessage: string): Result {
    return { resourceType, resourceName, errorCode, errorMessage, configs: [] };
  }

  #describeTopic(resource: Resource): Result {
    const name = resource.resourceName;
    const problem = topicNameProblem(name);
    if (problem !== null) return this.#failed(resource, ErrorCode.INVALID_TOPIC_EXCEPTION, problem);
    const topic = this.topics.byName(name);
    if (topic === undefined) {
      return this.#failed(resource, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `Topic "${name}" does not exist`);
    }
    const configs = topicConfigValues(this.topics.configsOf(name), this.topics.config);
    return this.#result(resource, configs, topicConfigDefinition, () => false);
  }

  /** A group may have configs before it has members, so that every name is one. */
  #describeGroup(resource: Resource): Result {
    if (resource.resourceName === '')
      return this.#failed(resource, ErrorCode.INVALID_REQUEST, 'The name of a group is empty');
    const configs = groupConfigValues(this.topics.groupConfigsOf(resource.resourceName), this.topics.config);
    return this.#result(resource, configs, groupConfigDefinition, () => false);
  }

  #describeBroker(resource: Resource): Result {
    const { nodeId } = this.topics;
    const isOne = resource.resourceName !== allBrokers;
    if (isOne && resource.resourceName !== String(nodeId)) {
      const message = `Broker "${resource.resourceName}" is not this one, which is ${nodeId}`;
      return this.#failed(resource, ErrorCode.INVALID_REQUEST, message);
    }
    const configs = isOne ? brokerConfigValues(this.topics.config) : dynamicDefaults(this.topics.config);
    return this.#result(resource, configs, brokerConfigDefinition, (name) => !dynamicBrokerConfigs.has(name));
  }

  #result(
    resource: Resource,
    configs: readonly EffectiveConfig[],
    definitionOf: (name: string) => ConfigDefinition<unknown> | undefined,
    isReadOnly: (name: string) => boolean,
  ): Result {
    const { includeSynonyms, includeDocumentation } = this.request;
    const keys = resource.configurationKeys;
    const wanted =
      keys === null || keys.length === 0 ? configs : configs.filter(({ name }) => keys.includes(name));
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      resourceType: resource.resourceType,
      resourceName: resource.resourceName,
      configs: wanted.map(({ name, value, source, synonyms }) => {
        const definition = definitionOf(name);
        return {
          name,
          value: configText(value),
          readOnly: isReadOnly(name),
          configSource: configSourceCodes[source],
          isSensitive: false,
          synonyms: includeSynonyms
            ? synonyms.map((synonym) => ({
                name: synonym.name,
                value: configText(synonym.value),
                source: configSourceCodes[synonym.source],
              }))
            : [],
          configType: definition === undefined ? 0 : configTypeCodes[definition.type],
          documentation: includeDocumentation ? (definition?.documentation ?? null) : null,
        };
      }),
    };
  }
}

export function describeConfigs(topics: TopicRegistry): ServedApi {
  return served(apis.describeConfigs, (request) => {
    const handler = new DescribeConfigsHandler(topics, request);
    // Each once: a hundred bytes of request must not make megabytes of reply.
    const once = new Map(
      request.resources.map((each) => [`${each.resourceType} ${each.resourceName}`, each]),
    );
    return { throttleTimeMs: 0, results: [...once.values()].map((resource) => handler.describe(resource)) };
  });
}
