// Decides what `ottla configs` does: describe and alter the configs of topics and brokers.
import type { Command } from 'commander';

import type { ConfigChange } from '../client/admin/config-changes.js';
import type { ConfigEntry, ConfigResource } from '../client/admin/cluster-admin.js';
import { each, namedValue } from './arguments.js';
import { addExamples } from './command-examples.js';
import { addClusterOptions, addJsonOption } from './command-parts.js';
import type { CliEnvironment } from './environment.js';
import { UsageError } from './failures.js';
import { withCluster, type ClusterOptions, type ClusterSession } from './session.js';

interface ResourceOptions extends ClusterOptions {
  readonly topic?: readonly string[];
  readonly broker?: readonly string[];
  readonly json: boolean;
}

interface DescribeOptions extends ResourceOptions {
  readonly name?: readonly string[];
  readonly overridden: boolean;
}

interface AlterOptions extends ResourceOptions {
  readonly set: Readonly<Record<string, string>>;
  readonly append: Readonly<Record<string, string>>;
  readonly subtract: Readonly<Record<string, string>>;
  readonly delete?: readonly string[];
  readonly validateOnly: boolean;
}

/** How the command line names the configs that hold for every broker. */
const allBrokers = 'default';

function resourcesOf(options: ResourceOptions): Pick<ConfigResource, 'type' | 'name'>[] {
  const resources = [
    ...(options.topic ?? []).map((name) => ({ type: 'topic' as const, name })),
    ...(options.broker ?? []).map((name) => ({ type: 'broker' as const, name })),
  ];
  if (resources.length === 0) throw new UsageError('give at least one --topic or --broker');
  return resources;
}

function isOverridden(entry: ConfigEntry): boolean {
  return entry.source !== 'default' && entry.source !== 'static-broker';
}

async function describe(
  { admin, output, failures }: ClusterSession,
  options: DescribeOptions,
): Promise<void> {
  const resources = resourcesOf(options).map((resource) =>
    options.name === undefined ? resource : { ...resource, configNames: options.name },
  );
  const described = failures.succeeded(await admin.describeConfigs(resources));
  for (const { type, name } of resources) {
    const entries = [...(described.get(`${type}:${name}`)?.values() ?? [])]
      .filter((entry) => !options.overridden || isOverridden(entry))
      .sort((first, second) => (first.name < second.name ? -1 : 1));
    const rows = entries.map((entry) => ({
      resource: `${type}:${name}`,
      name: entry.name,
      value: entry.isSensitive ? null : entry.value,
      source: entry.source,
      readOnly: entry.isReadOnly,
      sensitive: entry.isSensitive,
    }));
    if (options.json) for (const row of rows) await output.json(row);
    else if (rows.length > 0) {
      await output.rows(
        ['resource', 'name', 'value', 'source'],
        rows.map((row) => ({ ...row, value: row.sensitive ? '(sensitive)' : row.value })),
      );
    }
  }
}

function changesOf(options: AlterOptions): ConfigChange[] {
  const pairs = (operation: 'set' | 'append' | 'subtract'): ConfigChange[] =>
    Object.entries(options[operation]).map(([name, value]) => ({ operation, name, value }));
  const changes: ConfigChange[] = [
    ...pairs('set'),
    ...pairs('append'),
    ...pairs('subtract'),
    ...(options.delete ?? []).map((name) => ({ operation: 'delete' as const, name })),
  ];
  if (changes.length === 0) throw new UsageError('give at least one --set, --append, --subtract or --delete');
  return changes;
}

async function alter({ admin, output, failures }: ClusterSession, options: AlterOptions): Promise<void> {
  const changes = changesOf(options);
  const resources = resourcesOf(options).map(({ type, name }) => ({
    type,
    name: type === 'broker' && name === allBrokers ? '' : name,
    changes,
  }));
  const { validateOnly } = options;
  const altered = failures.succeeded(await admin.incrementalAlterConfigs(resources, { validateOnly }));
  const outcome = validateOnly ? 'valid' : 'altered';
  for (const { type, name } of resources) {
    if (!altered.has(`${type}:${name}`)) continue;
    const resource = `${type}:${name === '' ? allBrokers : name}`;
    if (options.json) await output.json({ resource, outcome, changes });
    else await output.line(`${outcome} ${resource}`);
  }
}

function addResourceOptions(command: Command, brokerHelp: string): Command {
  return command
    .option('-t, --topic <topic>', 'a topic; repeatable', each)
    .option('--broker <id>', brokerHelp, each);
}

export function addConfigsCommand(program: Command, environment: CliEnvironment): void {
  const configs = program
    .command('configs')
    .alias('config')
    .description('describe and alter configs of topics and brokers');

  const describing = addResourceOptions(
    configs.command('describe').description('show configs, their values, and where these come from'),
    'a broker, by its id; repeatable',
  )
    .option('-n, --name <config>', 'only this config; repeatable', each)
    .option('--overridden', 'only what was set for the topic or the broker', false);
  addClusterOptions(addJsonOption(describing));
  describing.action((options: DescribeOptions) => {
    resourcesOf(options);
    return withCluster(environment, options, (session) => describe(session, options));
  });
  addExamples(describing, [
    ['what was set for a topic', 'ottla configs describe --topic flights --overridden'],
    ['one config of two brokers', 'ottla configs describe --broker 1 --broker 2 --name log.retention.ms'],
  ]);

  const altering = addResourceOptions(
    configs.command('alter').description('change single configs; all others stay as they are'),
    `a broker, by its id, or "${allBrokers}" for all; repeatable`,
  )
    .option('-s, --set <name=value>', 'give a config a value; repeatable', namedValue, {})
    .option('-d, --delete <name>', 'back to the default; repeatable', each)
    .option('--append <name=value>', 'add to a list; repeatable', namedValue, {})
    .option('--subtract <name=value>', 'take out of a list; repeatable', namedValue, {})
    .option('--validate-only', 'only check whether it could be done', false);
  addClusterOptions(addJsonOption(altering));
  altering.action((options: AlterOptions) => {
    resourcesOf(options);
    changesOf(options);
    return withCluster(environment, options, (session) => alter(session, options));
  });
  addExamples(altering, [
    ['keep records for an hour', 'ottla configs alter --topic flights --set retention.ms=3600000'],
    ['back to the default', 'ottla configs alter --topic flights --delete retention.ms'],
    ['compact and delete', 'ottla configs alter --topic flights --append cleanup.policy=compact'],
  ]);
}
