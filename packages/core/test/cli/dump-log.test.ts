// Files that a broker wrote, read without it; and what is said of files that were damaged since.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createBroker } from '../../src/composition/create-broker.js';
import { jsonLines, runCli, type CliResult } from './run-cli.js';

const recordCount = 400;
const segmentName = '00000000000000000000';

describe('ottla dump-log', () => {
  let data: string;
  const file = (name: string): string => join(data, 'flights-0', name);
  const dump = (...args: string[]): Promise<CliResult> => runCli(['dump-log', ...args]);

  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), 'ottla-dump-'));
    const broker = await createBroker({
      listen: '127.0.0.1:0',
      dataDirectory: data,
      config: { groupInitialRebalanceDelayMs: 0 },
    });
    const clientOptions = { bootstrapServers: broker.bootstrapServers };
    const ottla = (args: readonly string[], stdin = ''): Promise<CliResult> =>
      runCli(args, { clientOptions, stdin });
    await ottla(['topics', 'create', 'flights', '-c', 'index.interval.bytes=500']);
    const lines = Array.from(
      { length: recordCount },
      (_each, at) => `{"key":"k${at % 7}","value":"v${at}","timestamp":${1000 + at}}`,
    );
    await ottla(['produce', 'flights', '--json', '-X', 'batch.size=1000', '-z', 'lz4'], lines.join('\n'));
    await ottla(['consume', 'flights', '-G', 'delays', '-c', '300', '-f', '']);
    await broker.close();
  });
  afterEach(() => rmSync(data, { recursive: true }));

  it('shows every record with its key and value', async () => {
    const { code, stdout, stderr } = await dump('--data', '--json', file(`${segmentName}.log`));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const all = jsonLines(stdout);
    const records = all.filter(({ kind }) => kind === 'record');
    expect(
      records.map(({ offset, key, payload, CreateTime }) => ({ offset, key, payload, CreateTime })),
    ).toEqual(
      Array.from({ length: recordCount }, (_each, at) => ({
        offset: at,
        key: `k${at % 7}`,
        payload: `v${at}`,
        CreateTime: 1000 + at,
      })),
    );
    const batches = all.filter(({ kind }) => kind === 'batch');
    expect(batches.length).toBeGreaterThan(5);
    expect(batches.every((batch) => batch['isValid'] === true && batch['compressCodec'] === 'lz4')).toBe(
      true,
    );
    const text = await dump('--deep-iteration', file(`${segmentName}.log`));
    expect(text.stdout).toMatch(
      /^Dumping .*\.log\nbaseOffset: 0 lastOffset: \d+ count: \d+ .* isValid: true\n\| offset: 0 /,
    );
  });

  it('finds nothing wrong in what the broker left, of every kind of file', async () => {
    const result = await dump('--verify', join(data, 'flights-0'), join(data, 'meta.properties'));
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const names = result.stdout.trimEnd().split('\n');
    for (const name of [
      '.log',
      '.index',
      '.timeindex',
      '.snapshot',
      'leader-epoch-checkpoint',
      'meta.properties',
    ]) {
      expect(names.find((line) => line.includes(name))).toMatch(/: \d+ entr(y|ies), no problems$/);
    }
  });

  it('decodes what groups committed, and the metadata of the cluster, by the directory', async () => {
    const names = Array.from({ length: 50 }, (_each, at) => join(data, `__consumer_offsets-${at}`));
    const offsets = jsonLines((await dump('--json', ...names)).stdout).filter(
      ({ key }) => (key as { kind?: string } | undefined)?.kind === 'offset-commit',
    );
    expect(offsets.at(-1)).toMatchObject({
      key: { group: 'delays', topic: 'flights', partition: 0 },
      payload: { offset: 300 },
    });
    const metadata = jsonLines((await dump('--json', join(data, '__cluster_metadata-0'))).stdout);
    expect(metadata).toContainEqual(
      expect.objectContaining({
        payload: expect.objectContaining({ kind: 'topic', name: 'flights' }) as unknown,
      }),
    );
  });

  it('a flipped bit fails the checksum of its batch, and the others are still shown', async () => {
    const path = file(`${segmentName}.log`);
    const bytes = readFileSync(path);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const result = await dump('--json', path);
    expect(result.code).toBe(1);
    expect(result.stderr).toBe(`ottla: ${path}: the batch at offset 0, position 0, fails its checksum\n`);
    const valid = jsonLines(result.stdout).map(({ isValid }) => isValid);
    expect(valid[0]).toBe(false);
    expect(valid.slice(1).every((each) => each === true)).toBe(true);
  });

  it('a torn end, and an index that points past it', async () => {
    const path = file(`${segmentName}.log`);
    truncateSync(path, readFileSync(path).length - 5);
    const torn = await dump('--verify', path);
    expect(torn).toMatchObject({ code: 1 });
    expect(torn.stderr).toMatch(/: the last \d+ bytes, from position \d+, are no whole batch\n$/);
    truncateSync(path, 200);
    const index = await dump('--verify', file(`${segmentName}.index`), file(`${segmentName}.timeindex`));
    expect(index.code).toBe(1);
    expect(index.stderr).toMatch(
      /\.index: offset \d+ points to position \d+, where the segment of 200 bytes has no batch/,
    );
    expect(index.stderr).toMatch(/\.timeindex: offset \d+ is past the segment's end/);
  });

  it('an index whose entries do not fit the segment', async () => {
    const path = file(`${segmentName}.index`);
    const bytes = readFileSync(path);
    // The first entry claims a lower offset for its position.
    bytes.writeInt32BE(1, 0);
    writeFileSync(path, bytes);
    const result = await dump('--verify', path);
    expect(result.stderr).toMatch(/: offset 1 points to position \d+, where offset \d+ begins\n/);
    appendFileSync(file(`${segmentName}.timeindex`), Buffer.alloc(5, 1));
    expect((await dump('--verify', file(`${segmentName}.timeindex`))).stderr).toMatch(
      /bytes are no whole number of 12-byte entries/,
    );
  });

  it('a time index that would hide a later record', async () => {
    const path = file(`${segmentName}.timeindex`);
    const bytes = readFileSync(path);
    const last = bytes.length - 12;
    expect(last).toBeGreaterThanOrEqual(12);
    bytes.writeBigInt64BE(bytes.readBigInt64BE(last) - 1n, last);
    writeFileSync(path, bytes);
    const result = await dump('--verify', path);
    expect(result.stderr).toMatch(
      /: timestamp \d+ at offset \d+ is below \d+, which the segment holds up to there\n$/,
    );
  });

  it('says what is no file of a log', async () => {
    const other = join(data, 'notes.txt');
    writeFileSync(other, 'x');
    expect((await dump(other)).stderr).toMatch(/notes\.txt: it is none of the files of a log/);
    const missing = await dump(join(data, 'missing'));
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toMatch(/^ottla: ENOENT: .*missing'\n$/);
    const damaged = file('00000000000000000400.snapshot');
    writeFileSync(damaged, 'no snapshot at all');
    expect((await dump(damaged)).stderr).toMatch(/it is no producer snapshot, or its checksum fails/);
  });
});
