// Decides how the resources are listed that have configs of their own (KIP-1142).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError, UnsupportedVersionError } from '../errors.js';
import type { AdminContext } from './admin-context.js';

const resourceTypes = {
  topic: 2,
  broker: 4,
  'broker-logger': 8,
  'client-metrics': 16,
  group: 32,
} as const;

/** A kind of resource that has configs (`ConfigResource.Type`). */
export type ListedConfigResourceType = keyof typeof resourceTypes;

/** A resource that has configs. */
export interface ListedConfigResource {
  /** What kind of thing it is; `unknown` for one that this client does not know. */
  readonly type: ListedConfigResourceType | 'unknown';
  /** Its name; a broker's is its id. */
  readonly name: string;
}

const typeByNumber = new Map<number, ListedConfigResourceType>(
  Object.entries(resourceTypes).map(([type, number]) => [number, type as ListedConfigResourceType]),
);

/** No types: all that the broker lists. Brokers before Kafka 4.1 list client metrics only. */
export function listConfigResources(
  context: AdminContext,
  types: readonly ListedConfigResourceType[],
): Promise<ListedConfigResource[]> {
  return context.call('Listing config resources', async (timeoutMs) => {
    const response = await context.client.send(
      'any',
      apis.listConfigResources,
      (version) => {
        if (version > 0) return { resourceTypes: types.map((type) => resourceTypes[type]) };
        if (types.length === 1 && types[0] === 'client-metrics') return {};
        throw new UnsupportedVersionError(
          'Brokers before Kafka 4.1 list config resources of type client-metrics only',
        );
      },
      { timeoutMs },
    );
    if (response.errorCode !== ErrorCode.NONE) {
      throw brokerError(response.errorCode, 'Cannot list config resources');
    }
    return response.configResources.map(({ resourceName, resourceType }) => ({
      type: typeByNumber.get(resourceType ?? resourceTypes['client-metrics']) ?? 'unknown',
      name: resourceName,
    }));
  });
}
