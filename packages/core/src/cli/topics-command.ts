// Decides what `ottla topics` does: list, describe, create, delete, add partitions; records are deleted in a file of their own.
import type { Command } from 'commander';

import type { TopicDescription } from '../client/admin/topic-admin.js';
import { namedValue, positiveNumber } from './arguments.js';
import { addExamples } from './command-examples.js';
import { addClusterOptions, addJsonOption } from './command-parts.js';
import { addDeleteRecordsCommand } from './delete-records-command.js';
import type { CliEnvironment } from './environment.js';
import { UsageError } from './failures.js';
import { withCluster, type ClusterOptions, type ClusterSession } from './session.js';

interface JsonOptions extends ClusterOptions {
  readonly json: boolean;
}

interface ListOptions extends JsonOptions {
  readonly internal: boolean;
}

interface CreateOptions extends JsonOptions {
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly config: Readonly<Record<string, string>>;
  readonly ifNotExists: boolean;
  readonly validateOnly: boolean;
}

interface AddPartitionsOptions extends JsonOptions {
  readonly num?: number;
  readonly total?: number;
  readonly validateOnly: boolean;
}

function summaryOf(topic: TopicDescription) {
  const underReplicated = topic.partitions.filter(
    (partition) => partition.inSyncReplicas.length < partition.replicas.length || partition.leader === null,
  );
  return {
    topic: topic.name,
    partitionCount: topic.partitions.length,
    replicationFactor: Math.max(0, ...topic.partitions.map(({ replicas }) => replicas.length)),
    underReplicated: underReplicated.length,
    internal: topic.isInternal,
    topicId: topic.topicId,
  };
}

async function list({ admin, output, failures }: ClusterSession, options: ListOptions): Promise<void> {
  const listed = await admin.listTopics({ includeInternal: options.internal });
  const names = listed.map(({ name }) => name).sort();
  if (names.length === 0) {
    if (!options.json) failures.note('there are no topics');
    return;
  }
  const described = failures.succeeded(await admin.describeTopics(names));
  const rows = names.flatMap((name) => described.get(name) ?? []).map(summaryOf);
  if (options.json) for (const row of rows) await output.json(row);
  else await output.rows(['topic', 'partitionCount', 'replicationFactor', 'underReplicated'], rows);
}

async function describe(
  { admin, output, failures }: ClusterSession,
  names: readonly string[],
  options: JsonOptions,
): Promise<void> {
  const described = failures.succeeded(await admin.describeTopics(names));
  const topics = names.flatMap((name) => described.get(name) ?? []);
  const queries = topics.flatMap((topic) =>
    topic.partitions
      .filter(({ leader }) => leader !== null)
      .map(({ partition }) => ({ topic: topic.name, partition })),
  );
  const [starts, ends] = await Promise.all(
    (['earliest', 'latest'] as const).map((spec) =>
      admin.listOffsets(queries.map((query) => ({ ...query, spec }))),
    ),
  );
  for (const topic of topics) {
    const partitions = topic.partitions.map((partition) => {
      const name = `${topic.name}-${partition.partition}`;
      return {
        partition: partition.partition,
        leader: partition.leader,
        leaderEpoch: partition.leaderEpoch,
        replicas: partition.replicas,
        inSyncReplicas: partition.inSyncReplicas,
        offlineReplicas: partition.offlineReplicas,
        logStartOffset: starts?.values.get(name)?.offset ?? null,
        highWatermark: ends?.values.get(name)?.offset ?? null,
      };
    });
    if (options.json) {
      await output.json({ ...summaryOf(topic), partitions });
      continue;
    }
    const { replicationFactor, topicId } = summaryOf(topic);
    await output.line(
      `${topic.name}  topic-id=${topicId ?? '-'}  partitions=${partitions.length}  replication-factor=${replicationFactor}${topic.isInternal ? '  internal' : ''}`,
    );
    await output.rows(
      ['partition', 'leader', 'leaderEpoch', 'replicas', 'inSyncReplicas', 'logStartOffset', 'highWatermark'],
      partitions.map((partition) => ({
        ...partition,
        replicas: partition.replicas.join(','),
        inSyncReplicas: partition.inSyncReplicas.join(','),
      })),
    );
  }
}

async function create(
  { admin, output, failures }: ClusterSession,
  names: readonly string[],
  options: CreateOptions,
): Promise<void> {
  const { partitions: numPartitions, replicationFactor, validateOnly, config: configs } = options;
  const topics = names.map((name) => ({
    name,
    ...(numPartitions !== undefined && { numPartitions }),
    ...(replicationFactor !== undefined && { replicationFactor }),
    configs,
  }));
  const results = await admin.createTopics(topics, { validateOnly });
  for (const name of names) {
    const error = results.errors.get(name);
    const exists = options.ifNotExists && error?.code === 'TOPIC_ALREADY_EXISTS';
    if (error !== undefined && !exists) {
      failures.tell(error.message);
      continue;
    }
    const created = results.values.get(name);
    const outcome = exists ? 'exists' : validateOnly ? 'valid' : 'created';
    if (options.json) {
      const { topicId = null, numPartitions: count = null, replicationFactor: factor = null } = created ?? {};
      await output.json({ topic: name, outcome, topicId, partitionCount: count, replicationFactor: factor });
    } else {
      await output.line(`${outcome} ${name}`);
    }
  }
}

async function remove(
  { admin, output, failures }: ClusterSession,
  names: readonly string[],
  options: JsonOptions,
): Promise<void> {
  const deleted = failures.succeeded(await admin.deleteTopics(names));
  for (const topic of deleted.keys()) {
    if (options.json) await output.json({ topic, outcome: 'deleted' });
    else await output.line(`deleted ${topic}`);
  }
}

async function addPartitions(
  { admin, output, failures }: ClusterSession,
  names: readonly string[],
  options: AddPartitionsOptions,
): Promise<void> {
  const { num, total, validateOnly } = options;
  if ((num === undefined) === (total === undefined)) {
    throw new UsageError('give either --num, how many to add, or --total, how many there shall be');
  }
  const described = failures.succeeded(await admin.describeTopics(names));
  const counts = [...described.values()].map((topic) => ({
    topic: topic.name,
    totalCount: total ?? topic.partitions.length + (num ?? 0),
  }));
  if (counts.length === 0) return;
  const done = failures.succeeded(await admin.createPartitions(counts, { validateOnly }));
  for (const { topic, totalCount } of counts) {
    if (!done.has(topic)) continue;
    const outcome = validateOnly ? 'valid' : 'extended';
    if (options.json) await output.json({ topic, outcome, partitionCount: totalCount });
    else await output.line(`${outcome} ${topic} to ${totalCount} partitions`);
  }
}

function addListAndDescribe(topics: Command, environment: CliEnvironment): void {
  const listing = topics.command('list').alias('ls').description('list topics with their partition counts');
  addClusterOptions(addJsonOption(listing.option('-i, --internal', 'internal topics too', false)));
  listing.action((options: ListOptions) =>
    withCluster(environment, options, (session) => list(session, options)),
  );
  addExamples(listing, [
    ['all topics of the cluster in $KAFKA_BOOTSTRAP_SERVERS', 'ottla topics list'],
    ['names alone', 'ottla topics list --json | jq -r .topic'],
    [
      'of a cluster that asks who you are',
      'ottla topics list -b broker:9093 --command-config client.properties',
    ],
  ]);

  const describing = topics
    .command('describe <topic...>')
    .description('show partitions, leaders, replicas and offsets of topics');
  addClusterOptions(addJsonOption(describing));
  describing.action((names: string[], options: JsonOptions) =>
    withCluster(environment, options, (session) => describe(session, names, options)),
  );
  addExamples(describing, [
    ['where the partitions of two topics are', 'ottla topics describe flights airports -b localhost:9092'],
    [
      'how many records each partition spans',
      "ottla topics describe flights --json | jq '.partitions[] | .highWatermark - .logStartOffset'",
    ],
  ]);
}

function addCreateAndDelete(topics: Command, environment: CliEnvironment): void {
  const creating = topics
    .command('create <topic...>')
    .description('create topics')
    .option('-p, --partitions <number>', "partitions (default: the broker's num.partitions)", positiveNumber)
    .option(
      '-r, --replication-factor <number>',
      "replicas of each partition (default: the broker's default.replication.factor)",
      positiveNumber,
    )
    .option(
      '-c, --config <name=value>',
      'a topic config, such as retention.ms=60000; repeatable',
      namedValue,
      {},
    )
    .option('--if-not-exists', 'a topic that is there already is no failure', false)
    .option('--validate-only', 'only check whether the topics could be created', false);
  addClusterOptions(addJsonOption(creating));
  creating.action((names: string[], options: CreateOptions) =>
    withCluster(environment, options, (session) => create(session, names, options)),
  );
  addExamples(creating, [
    ['four partitions, three replicas', 'ottla topics create flights -p 4 -r 3'],
    [
      'a compacted topic',
      'ottla topics create airports -c cleanup.policy=compact -c min.cleanable.dirty.ratio=0.1',
    ],
  ]);

  const deleting = topics
    .command('delete <topic...>')
    .alias('rm')
    .description('delete topics and all their records');
  addClusterOptions(addJsonOption(deleting));
  deleting.action((names: string[], options: JsonOptions) =>
    withCluster(environment, options, (session) => remove(session, names, options)),
  );
  addExamples(deleting, [
    ['one topic', 'ottla topics delete flights'],
    [
      'every topic of a test',
      'ottla topics list --json | jq -r .topic | grep ^test- | xargs ottla topics delete',
    ],
  ]);
}

function addAddPartitions(topics: Command, environment: CliEnvironment): void {
  const adding = topics
    .command('add-partitions <topic...>')
    .description('give topics more partitions; keys may then go to other partitions than before')
    .option('-n, --num <number>', 'how many to add', positiveNumber)
    .option('--total <number>', 'how many there shall be', positiveNumber)
    .option('--validate-only', 'only check whether it could be done', false);
  addClusterOptions(addJsonOption(adding));
  adding.action((names: string[], options: AddPartitionsOptions) =>
    withCluster(environment, options, (session) => addPartitions(session, names, options)),
  );
  addExamples(adding, [
    ['two more', 'ottla topics add-partitions flights --num 2'],
    ['twelve in all', 'ottla topics add-partitions flights --total 12'],
  ]);
}

export function addTopicsCommand(program: Command, environment: CliEnvironment): void {
  const topics = program
    .command('topics')
    .alias('topic')
    .description('list, describe, create, delete, empty and extend topics');
  addListAndDescribe(topics, environment);
  addCreateAndDelete(topics, environment);
  addAddPartitions(topics, environment);
  addDeleteRecordsCommand(topics, environment);
}
