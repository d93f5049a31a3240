// Decides how configs of topics and brokers are changed, one by one and without touching the others (KIP-339).
import { apis } from '../../protocol/api-keys.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError, InvalidArgumentError, type KafkaError } from '../errors.js';
import type { AdminContext } from './admin-context.js';
import type { AdminResults } from './admin-results.js';
import type { ConfigResourceType } from './cluster-admin.js';
import { settleEach } from './settle-each.js';

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

/** A change of one config; `append` and `subtract` are for lists (KIP-339). */
export type ConfigChange =
  | { readonly operation: 'set' | 'append' | 'subtract'; readonly name: string; readonly value: string }
  | { readonly operation: 'delete'; readonly name: string };

/** Whose configs are meant. */
interface ResourceName {
  /** A topic or a broker. */
  readonly type: ConfigResourceType;
  /** The topic's name, or the broker's id; an empty broker name stands for all brokers of the cluster. */
  readonly name: string;
}

/** Changes of one resource. */
export interface ConfigChanges extends ResourceName {
  /** All of them are made, or none. */
  readonly changes: readonly ConfigChange[];
}

/** How configs are changed. */
export interface AlterConfigsOptions {
  /** Only checks whether the changes could be made. */
  readonly validateOnly?: boolean;
}

const resourceTypes: Readonly<Record<ConfigResourceType, number>> = { topic: 2, broker: 4 };

const nameOf = ({ type, name }: ResourceName): string => `${type}:${name}`;

/** A broker changes its own configs; any takes those of topics and of the whole cluster. */
function targetOf({ type, name }: ResourceName): number | 'any' {
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
export function incrementalAlterConfigs(
  context: AdminContext,
  resources: readonly ConfigChanges[],
  options: AlterConfigsOptions,
): Promise<AdminResults<void>> {
  return settleEach(resources, nameOf, async (resource) => {
    const target = targetOf(resource);
    const failure = await context.call(`Changing configs of ${nameOf(resource)}`, (timeoutMs) =>
      change(context, target, resource, options, timeoutMs),
    );
    if (failure !== null) throw failure;
  });
}

/** All configs of one resource. */
export interface ConfigReplacement extends ResourceName {
  /** All configs that the resource shall have; those left out go back to their defaults. */
  readonly configs: Readonly<Record<string, string>>;
}

/** Results by `type:name`. */
export function alterConfigs(
  context: AdminContext,
  resources: readonly ConfigReplacement[],
  options: AlterConfigsOptions,
): Promise<AdminResults<void>> {
  return settleEach(resources, nameOf, async (resource) => {
    const target = targetOf(resource);
    const failure = await context.call(`Replacing configs of ${nameOf(resource)}`, (timeoutMs) =>
      replace(context, target, resource, options, timeoutMs),
    );
    if (failure !== null) throw failure;
  });
}

async function replace(
  context: AdminContext,
  target: number | 'any',
  { type, name, configs }: ConfigReplacement,
  options: AlterConfigsOptions,
  timeoutMs: number,
): Promise<KafkaError | null> {
  if (target !== 'any' && !context.client.hasNode(target)) await context.metadata.refresh(timeoutMs);
  const response = await context.client.send(
    target,
    apis.alterConfigs,
    {
      resources: [
        {
          resourceType: resourceTypes[type],
          resourceName: name,
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      validateOnly: options.validateOnly ?? false,
    },
    { timeoutMs },
  );
  return failureOf(response.responses, `Cannot replace configs of ${type} ${name}`);
}

/** An unknown topic will not come to be while it is asked for, so that one error ends the call although it is a retriable one. */
function failureOf(
  responses: readonly { readonly errorCode: number; readonly errorMessage: string | null }[],
  what: string,
): KafkaError | null {
  const failed = responses.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
  if (failed === undefined) return null;
  const error = brokerError(failed.errorCode, what, failed.errorMessage);
  if (error.retriable && failed.errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) throw error;
  return error;
}

async function change(
  context: AdminContext,
  target: number | 'any',
  resource: ConfigChanges,
  options: AlterConfigsOptions,
  timeoutMs: number,
): Promise<KafkaError | null> {
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
  return failureOf(response.responses, `Cannot change configs of ${type} ${name}`);
}
