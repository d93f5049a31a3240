// What changes topics, configs and groups after they were made, as a user asks for it.
import { createTopic, startTestCluster, uniqueName, type TestCluster } from '../support/cluster.js';
import { jsonLines, runCli, type CliResult } from './run-cli.js';

jest.setTimeout(60_000);

describe('ottla changes', () => {
  let cluster: TestCluster;
  const ottla = (args: readonly string[], stdin = ''): Promise<CliResult> =>
    runCli(args, { clientOptions: cluster.clientOptions, stdin });
  const newTopic = (numPartitions = 1): Promise<string> =>
    createTopic(cluster.clientOptions, { prefix: 'cli', numPartitions });

  beforeAll(async () => {
    cluster = await startTestCluster();
  });
  afterAll(() => cluster.close());

  it('adds partitions, and says why it cannot', async () => {
    const topic = await newTopic(2);
    const valid = await ottla(['topics', 'add-partitions', topic, '--num', '1', '--validate-only']);
    expect(valid).toMatchObject({ code: 0, stdout: `valid ${topic} to 3 partitions\n` });
    const done = await ottla(['topics', 'add-partitions', topic, '--total', '5']);
    expect(done).toEqual({ code: 0, stdout: `extended ${topic} to 5 partitions\n`, stderr: '' });
    const refused = await ottla(['topics', 'add-partitions', topic, '--total', '2']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^ottla: Cannot add partitions to topic .*: INVALID_PARTITIONS/);
    const [described] = jsonLines((await ottla(['topics', 'describe', topic, '--json'])).stdout);
    expect(described?.['partitions']).toHaveLength(5);
  });

  it('deletes the records before a place, and nothing else', async () => {
    const topic = await newTopic(2);
    for (const partition of ['0', '1']) await ottla(['produce', topic, '-p', partition], 'a\nb\nc\nd\n');
    const spans = async (): Promise<unknown> =>
      jsonLines((await ottla(['offsets', 'list', topic, '--json'])).stdout).map(({ earliest, latest }) => [
        earliest,
        latest,
      ]);
    const command = ['topics', 'delete-records', `${topic}:1`, '--before'];
    const dry = await ottla([...command, '-1', '--dry-run']);
    expect(dry).toEqual({ code: 0, stdout: `valid ${topic}-1: offsets 0 to 3\n`, stderr: '' });
    expect(await spans()).toEqual([
      [0, 4],
      [0, 4],
    ]);
    const done = await ottla([...command, '2']);
    expect(done).toEqual({ code: 0, stdout: `deleted ${topic}-1: offsets 0 to 2\n`, stderr: '' });
    expect(await spans()).toEqual([
      [0, 4],
      [2, 4],
    ]);
    await ottla(['topics', 'delete-records', topic, '--before', 'end']);
    expect(await spans()).toEqual([
      [4, 4],
      [4, 4],
    ]);
    expect((await ottla([...command, 'somewhere'])).stderr).toMatch(/--before "somewhere" is no place/);
    expect((await ottla(['topics', 'delete-records', `${topic}:7`, '--before', 'end'])).code).toBe(1);
  });

  it('sets, appends and deletes configs', async () => {
    const topic = await newTopic();
    const overridden = async (): Promise<Record<string, unknown>> =>
      Object.fromEntries(
        jsonLines((await ottla(['configs', 'describe', '-t', topic, '--overridden', '--json'])).stdout)
          .filter(({ source }) => source === 'dynamic-topic')
          .map(({ name, value }) => [name, value]),
      );
    const set = [
      'configs',
      'alter',
      '-t',
      topic,
      '--set',
      'retention.ms=5000',
      '--set',
      'cleanup.policy=delete',
    ];
    expect(await ottla([...set, '--validate-only'])).toMatchObject({
      code: 0,
      stdout: `valid topic:${topic}\n`,
    });
    expect(await overridden()).toEqual({});
    expect(await ottla(set)).toEqual({ code: 0, stdout: `altered topic:${topic}\n`, stderr: '' });
    await ottla([
      'configs',
      'alter',
      '-t',
      topic,
      '--append',
      'cleanup.policy=compact',
      '-d',
      'retention.ms',
    ]);
    expect(await overridden()).toEqual({ 'cleanup.policy': 'delete,compact' });
    const refused = await ottla(['configs', 'alter', '-t', topic, '--set', 'retention.ms=soon']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /^ottla: Cannot change configs of topic .*: INVALID_CONFIG \(.*retention\.ms/,
    );
  });

  it('deletes a group, and what it committed for one topic', async () => {
    const [first, second, group] = [await newTopic(), await newTopic(), uniqueName('cli-group')];
    for (const topic of [first, second]) {
      await ottla(['produce', topic], 'a\n');
      await ottla(['consume', topic, '-G', group, '-e']);
    }
    const forgotten = await ottla(['groups', 'delete-offsets', group, '-t', first, '--json']);
    expect(jsonLines(forgotten.stdout)).toEqual([{ group, topic: first, partition: 0, deletedOffset: 1 }]);
    const [described] = jsonLines((await ottla(['groups', 'describe', group, '--json'])).stdout);
    expect(described).toMatchObject({ offsets: [{ topic: second, committedOffset: 1 }] });
    expect(await ottla(['groups', 'delete', group])).toEqual({
      code: 0,
      stdout: `deleted ${group}\n`,
      stderr: '',
    });
    expect((await ottla(['groups', 'describe', group])).code).toBe(1);
  });
});
