// Every command as a user gives it, against a whole cluster.
import { Readable, Writable } from 'node:stream';

import { createTopic, startTestCluster, uniqueName, type TestCluster } from '../support/cluster.js';
import { jsonLines, runCli, startCli, type CliResult } from './run-cli.js';

jest.setTimeout(60_000);

describe('ottla against a cluster', () => {
  let cluster: TestCluster;
  const ottla = (args: readonly string[], stdin = ''): Promise<CliResult> =>
    runCli(args, { clientOptions: cluster.clientOptions, stdin });
  const newTopic = (numPartitions = 1): Promise<string> =>
    createTopic(cluster.clientOptions, { prefix: 'cli', numPartitions });

  beforeAll(async () => {
    cluster = await startTestCluster();
  });
  afterAll(() => cluster.close());

  describe('topics', () => {
    it('creates, lists, describes and deletes', async () => {
      const topic = uniqueName('cli-topic');
      const created = await ottla([
        'topics',
        'create',
        topic,
        '-p',
        '3',
        '-r',
        '1',
        '-c',
        'retention.ms=60000',
      ]);
      expect(created).toEqual({ code: 0, stdout: `created ${topic}\n`, stderr: '' });
      const listed = jsonLines((await ottla(['topics', 'list', '--json'])).stdout);
      expect(listed).toContainEqual(
        expect.objectContaining({ topic, partitionCount: 3, replicationFactor: 1, underReplicated: 0 }),
      );
      const [described] = jsonLines((await ottla(['topics', 'describe', topic, '--json'])).stdout);
      expect(described?.['partitions']).toHaveLength(3);
      const table = (await ottla(['topics', 'describe', topic])).stdout.trimEnd().split('\n');
      expect(table).toHaveLength(5);
      expect(table[1]).toMatch(/^PARTITION +LEADER +LEADER-EPOCH +REPLICAS/);
      expect(await ottla(['topics', 'delete', topic])).toMatchObject({
        code: 0,
        stdout: `deleted ${topic}\n`,
      });
    });

    it('tells what failed of several, and does the rest', async () => {
      const [there, missing] = [await newTopic(), uniqueName('missing')];
      const result = await ottla(['topics', 'create', there, missing, '-p', '1', '-r', '1']);
      expect(result).toMatchObject({ code: 1, stdout: `created ${missing}\n` });
      expect(result.stderr).toMatch(
        new RegExp(`^ottla: Cannot create topic ${there}: TOPIC_ALREADY_EXISTS.*\\n$`),
      );
      expect(await ottla(['topics', 'create', there, '--if-not-exists'])).toMatchObject({
        code: 0,
        stdout: `exists ${there}\n`,
      });
    });

    it('only checks with --validate-only', async () => {
      const topic = uniqueName('cli-valid');
      const result = await ottla(['topics', 'create', topic, '-p', '1', '-r', '1', '--validate-only']);
      expect(result).toMatchObject({ code: 0, stdout: `valid ${topic}\n` });
      expect((await ottla(['topics', 'describe', topic])).code).toBe(1);
    });
  });

  describe('produce and consume', () => {
    it('keys, headers, nulls and formats come out as they went in', async () => {
      const topic = await newTopic();
      const sent = await ottla(
        ['produce', topic, '-K', ':', '-Z', '-H', 'source=tower', '-z', 'gzip', '-f', '%t-%p@%o\\n'],
        'ATL:on time\nno key\nORD:\n',
      );
      expect(sent).toEqual({ code: 0, stdout: `${topic}-0@0\n${topic}-0@1\n${topic}-0@2\n`, stderr: '' });
      const read = await ottla([
        'consume',
        topic,
        '-e',
        '-Z',
        'NULL',
        '-f',
        '%p@%o %K %k=%S %s [%h]%%\\x21\\n',
      ]);
      expect(read).toEqual({
        code: 0,
        stdout: [
          '0@0 3 ATL=7 on time [source=tower]%!',
          '0@1 -1 NULL=6 no key [source=tower]%!',
          '0@2 3 ORD=-1 NULL [source=tower]%!',
          '',
        ].join('\n'),
        stderr: '',
      });
      expect((await ottla(['consume', topic, '-e', '-K', '\\t', '-c', '1'])).stdout).toBe('ATL\ton time\n');
    });

    it('copies a topic through JSON lines, bytes that are no text included', async () => {
      const [from, to] = [await newTopic(), await newTopic()];
      const lines = [
        {
          key: 'ATL',
          valueBase64: '/w==',
          headers: [
            { key: 'a', value: '1' },
            { key: 'a', value: null },
          ],
          timestamp: 5,
        },
        { key: null, value: null, headers: [], timestamp: 6 },
        { key: 'ü', value: '{"delay":7}', headers: [], timestamp: 7 },
      ];
      const input = lines.map((line) => JSON.stringify(line)).join('\n');
      expect((await ottla(['produce', from, '--json'], input)).code).toBe(0);
      const first = await ottla(['consume', from, '-e', '--json']);
      expect((await ottla(['produce', to, '--json'], first.stdout)).code).toBe(0);
      const second = await ottla(['consume', to, '-e', '--json']);
      expect(jsonLines(second.stdout)).toEqual(
        jsonLines(first.stdout).map((line) => ({ ...line, topic: to })),
      );
      expect(jsonLines(second.stdout)).toMatchObject(lines);
    });

    it('counts lines that are no records, sends the others, and fails', async () => {
      const topic = await newTopic();
      const result = await ottla(
        ['produce', topic, '--json', '-f', '%s\\n'],
        '{"value":"one"}\nnonsense\n{"valeu":"x"}\n{"value":{"two":2}}\n',
      );
      expect(result).toMatchObject({ code: 1, stdout: 'one\n{"two":2}\n' });
      expect(result.stderr).toMatch(
        /^ottla: Line 2 is no record: it is not JSON.*\nottla: Line 3 is no record: "valeu" is no field of a record\nottla: 2 of 4 records were not delivered\n$/,
      );
    });

    it('counts records that the broker refuses', async () => {
      const topic = await createTopic(cluster.clientOptions, {
        prefix: 'cli-small',
        configs: { 'max.message.bytes': '200' },
      });
      const result = await ottla(
        ['produce', topic, '-X', 'batch.size=0'],
        `small\n${'x'.repeat(500)}\nalso small\n`,
      );
      expect(result.code).toBe(1);
      expect(result.stderr).toMatch(/1 of 3 records were not delivered\n$/);
      expect((await ottla(['consume', topic, '-e'])).stdout).toBe('small\nalso small\n');
    });

    it('starts where it is told, and ends at a time, at the end, or after a count', async () => {
      const topic = await newTopic();
      const input = Array.from({ length: 10 }, (_each, at) =>
        JSON.stringify({ value: `v${at}`, timestamp: 1000 + at }),
      );
      await ottla(['produce', topic, '--json'], input.join('\n'));
      const values = async (...args: string[]): Promise<string> =>
        (await ottla(['consume', topic, '-e', '-f', '%s ', ...args])).stdout.trim();
      expect(await values('-o', '-2')).toBe('v8 v9');
      expect(await values('-o', '7')).toBe('v7 v8 v9');
      expect(await values('-o', '99')).toBe('');
      expect(await values('-o', 'end')).toBe('');
      expect(await values('-o', '@1004', '-c', '2')).toBe('v4 v5');
      expect(await values('-o', 's@1002', '-o', 'e@1004')).toBe('v2 v3');
      expect(await values('-o', '@1970-01-01T00:00:01.009Z')).toBe('v9');
    });

    it('goes on until a signal, and ends cleanly', async () => {
      const topic = await newTopic();
      const run = startCli(['consume', topic], { clientOptions: cluster.clientOptions });
      await ottla(['produce', topic], 'one\n');
      await run.printed('one\n');
      run.signal('SIGINT');
      expect(await run.ended).toEqual({ code: 0, stdout: 'one\n', stderr: '' });
    });

    it('ends silently when nobody reads any more', async () => {
      const topic = await newTopic();
      await ottla(['produce', topic], 'one\ntwo\n');
      const closed = new Writable({
        write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
      });
      const result = await runCli(['consume', topic], {
        clientOptions: cluster.clientOptions,
        stdout: closed,
      });
      expect(result).toMatchObject({ code: 0, stderr: '' });
    });

    it('takes no more input than it can send', async () => {
      const topic = await newTopic(2);
      const total = 150_000;
      let given = 0;
      const lines = Readable.from(
        (function* () {
          for (; given < total; given += 1000) {
            yield Buffer.from(Array.from({ length: 1000 }, (_each, at) => `record ${given + at}\n`).join(''));
          }
        })(),
        { highWaterMark: 1 },
      );
      let ahead = 0;
      let delivered = 0;
      const counting = new Writable({
        write(chunk: Buffer, _encoding, done) {
          delivered += chunk.toString().split('\n').length - 1;
          ahead = Math.max(ahead, given - delivered);
          done();
        },
      });
      const result = await runCli(['produce', topic, '-f', '%o\\n'], {
        clientOptions: cluster.clientOptions,
        stdin: lines,
        stdout: counting,
      });
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(delivered).toBe(total);
      // 50,000 under way, and what the stream itself holds.
      expect(ahead).toBeLessThan(60_000);
    });
  });

  describe('groups and offsets', () => {
    it('a group goes on where it was, and shows its lag', async () => {
      const [topic, group] = [await newTopic(), uniqueName('cli-group')];
      await ottla(['produce', topic], 'a\nb\nc\nd\n');
      expect((await ottla(['consume', topic, '-G', group, '-c', '3'])).stdout).toBe('a\nb\nc\n');
      const [described] = jsonLines((await ottla(['groups', 'describe', group, '--json'])).stdout);
      expect(described).toMatchObject({
        groupId: group,
        state: 'Empty',
        lag: 1,
        offsets: [{ topic, partition: 0, committedOffset: 3, logEndOffset: 4, lag: 1 }],
      });
      expect((await ottla(['consume', topic, '-G', group, '-e'])).stdout).toBe('d\n');
      expect((await ottla(['groups', 'list'])).stdout).toMatch(new RegExp(`^${group} +Empty`, 'm'));
    });

    it('shows who reads what, and resets nothing under them', async () => {
      const [topic, group] = [await newTopic(), uniqueName('cli-group')];
      await ottla(['produce', topic], 'a\n');
      const run = startCli(['consume', topic, '-G', group], { clientOptions: cluster.clientOptions });
      await run.printed('a\n');
      const [described] = jsonLines((await ottla(['groups', 'describe', group, '--json'])).stdout);
      expect(described).toMatchObject({
        state: 'Stable',
        members: [{ clientId: 'ottla-cli', assignment: [{ topic, partition: 0 }] }],
      });
      const refused = await ottla([
        'groups',
        'reset-offsets',
        group,
        '-t',
        topic,
        '--to',
        'earliest',
        '--execute',
      ]);
      expect(refused).toEqual({
        code: 1,
        stdout: '',
        stderr: `ottla: Cannot reset offsets of group ${group}: it has 1 member; stop them first\n`,
      });
      run.signal('SIGTERM');
      expect((await run.ended).code).toBe(0);
    });

    it('resets offsets only with --execute', async () => {
      const [topic, group] = [await newTopic(), uniqueName('cli-group')];
      await ottla(['produce', topic], 'a\nb\nc\n');
      await ottla(['consume', topic, '-G', group, '-e']);
      const reset = async (...args: string[]) =>
        jsonLines((await ottla(['groups', 'reset-offsets', group, '--json', ...args])).stdout)[0];
      expect(await reset('--to', 'earliest')).toMatchObject({
        outcome: 'dry-run',
        oldOffset: 3,
        newOffset: 0,
      });
      expect(await reset('--shift-by', '-1')).toMatchObject({ oldOffset: 3, newOffset: 2 });
      expect(await reset('--to', '1', '--execute')).toMatchObject({
        outcome: 'reset',
        oldOffset: 3,
        newOffset: 1,
      });
      expect((await ottla(['consume', topic, '-G', group, '-e'])).stdout).toBe('b\nc\n');
      expect(await reset('--to', '-99')).toMatchObject({ newOffset: 0 });
    });

    it('lists offsets by end and by time', async () => {
      const topic = await newTopic(2);
      await ottla(
        ['produce', topic, '--json', '-p', '1'],
        '{"value":"a","timestamp":10}\n{"value":"b","timestamp":20}\n',
      );
      expect(jsonLines((await ottla(['offsets', topic, '--json'])).stdout)).toEqual([
        { topic, partition: 0, earliest: 0, latest: 0, span: 0 },
        { topic, partition: 1, earliest: 0, latest: 2, span: 2 },
      ]);
      const at = await ottla(['offsets', 'list', `${topic}:1`, '--at', '15', '--json']);
      expect(jsonLines(at.stdout)).toMatchObject([{ partition: 1, offset: 1, timestamp: 20 }]);
    });
  });

  it('configs describe shows what was set', async () => {
    const topic = await createTopic(cluster.clientOptions, {
      prefix: 'cli-configs',
      configs: { 'retention.ms': '60000' },
    });
    const result = await ottla(['configs', 'describe', '--topic', topic, '--overridden', '--json']);
    expect(jsonLines(result.stdout)).toContainEqual(
      expect.objectContaining({ name: 'retention.ms', value: '60000', source: 'dynamic-topic' }),
    );
  });

  it.each([
    [
      ['consume', 'no-such-topic-1'],
      /^ottla: Cannot describe topic no-such-topic-1: UNKNOWN_TOPIC_OR_PARTITION/,
    ],
    [['produce', 'no-such-topic-1'], /^ottla: Topic no-such-topic-1 does not exist; create it with/],
    [['groups', 'describe', 'no-such-group-1'], /^ottla: Cannot describe group no-such-group-1/],
    [['topics', 'describe', 'no-such-topic-1'], /^ottla: Cannot describe topic no-such-topic-1/],
    [['offsets', 'no-such-topic-1'], /^ottla: Cannot describe topic no-such-topic-1/],
  ])('%j is one line on stderr and exit code 1', async (args, message) => {
    const result = await ottla(args);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
