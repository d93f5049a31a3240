// ListConfigResources, key 74, versions 0 and 1 (KIP-714, KIP-1142).
//
// Version 0 lists client metrics, of which there are none. Version 1 names resource types, none for all: topics, and this broker for its
// configs and its loggers, and groups that have configs of their own. A type that is not one of Kafka's is UNSUPPORTED_VERSION.
import { configResourceTypes } from '../../machines/controller/config-resource.js';
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { served, type ServedApi } from '../request.js';
import type { TopicRegistry } from '../topic-registry.js';

const allTypes: readonly number[] = Object.values(configResourceTypes);

export function listConfigResources(topics: TopicRegistry): ServedApi {
  function namesOf(resourceType: number): string[] {
    switch (resourceType) {
      case configResourceTypes.topic:
        return topics.all.map(({ name }) => name);
      case configResourceTypes.broker:
      case configResourceTypes.brokerLogger:
        return [String(topics.nodeId)];
      case configResourceTypes.group:
        return topics.configuredGroups;
      default:
        return [];
    }
  }

  return served(apis.listConfigResources, ({ resourceTypes }, { apiVersion }) => {
    const asked = resourceTypes.length === 0 ? allTypes : [...new Set(resourceTypes)];
    const wanted = apiVersion === 0 ? [configResourceTypes.clientMetrics] : asked;
    if (wanted.some((type) => !allTypes.includes(type))) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] };
    }
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      configResources: wanted.flatMap((resourceType) =>
        namesOf(resourceType).map((resourceName) => ({ resourceName, resourceType })),
      ),
    };
  });
}
