// Decides how configs of topics and brokers are changed, one by one and without touching the others (KIP-339).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError, InvalidArgumentError, KafkaError } from '../errors.js';
import type { AdminContext } from './admin-context.js';
import { type AdminResults, ResultCollector } from './admin-results.js';
import type { ConfigResourceType } from './cluster-admin.js';

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

export type ConfigChange =
  | { readonly operation: 'set' | 'append' | 'subtract'; readonly name: string; readonly value: string }
  | { readonly operation: 'delete'; readonly name: string };

export interface ConfigChanges {
  readonly type: ConfigResourceType;
  /** The topic's name, or the broker's id; an empty broker name stands for all brokers of the cluster. */
  readonly name: string;
  readonly changes: readonly ConfigChange[];
}

export interface AlterConfigsOptions {
  /** Only checks whether the changes could be made. */
  readonly validateOnly?: boolean;
}

const resourceTypes: Readonly<Record<ConfigResourceType, number>> = { topic: 2, broker: 4 };

/** A broker changes its own configs; any takes those of topics and of the whole cluster. */
function targetOf({ type, name }: ConfigChanges): number | 'any' {
  if (type === 'topic' || name === '') return 'any';
  const nodeId = Number(name);
  if (!/^\d+$/.test(name)) {
    throw new InvalidArgumentError(
      `Cannot change broker ${JSON.stringify(name)}: its name is its id, for example "1"`,
    );
  }
  return nodeId;
}

/** Results by `type:name`, for example `topic:flights`. */
export async function incrementalAlterConfigs(
  context: AdminContext,
  resources: readonly ConfigChanges[],
  options: AlterConfigsOptions,
): Promise<AdminResults<void>> {
  const results = new ResultCollector<void>();
  await Promise.all(
    resources.map(async (resource) => {
      const name = `${resource.type}:${resource.name}`;
      try {
        const target = targetOf(resource);
        await context.call(`Changing configs of ${name}`, (timeoutMs) =>
          change(context, target, resource, options, timeoutMs),
        );
        results.value(name, undefined);
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        results.error(name, error);
      }
    }),
  );
  return results.finish();
}

async function change(
  context: AdminContext,
  target: number | 'any',
  resource: ConfigChanges,
  options: AlterConfigsOptions,
  timeoutMs: number,
): Promise<void> {
  const { type, name, changes } = resource;
  if (target !== 'any' && !context.client.hasNode(target)) await context.metadata.refresh(timeoutMs);
  const response = await context.client.send(
    target,
    apis.incrementalAlterConfigs,
    {
      resources: [
        {
          resourceType: resourceTypes[type],
          resourceName: name,
          configs: changes.map((each) => ({
            name: each.name,
            configOperation: operations[each.operation],
            value: each.operation === 'delete' ? null : each.value,
          })),
        },
      ],
      validateOnly: options.validateOnly ?? false,
    },
    { timeoutMs },
  );
  for (const { errorCode, errorMessage } of response.responses) {
    if (errorCode !== ErrorCode.NONE) {
      throw brokerError(errorCode, `Cannot change configs of ${type} ${name}`, errorMessage);
    }
  }
}
