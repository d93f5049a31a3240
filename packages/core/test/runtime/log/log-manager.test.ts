// Decides that a log directory is kept as Kafka keeps one: L19, L26, and who may use it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { FileSystemError } from '../../../src/foundation/file-system-error.js';
import { MemoryFileSystem } from '../../../src/io/memory/memory-file-system.js';
import { createNodeFileSystem } from '../../../src/io/node/node-file-system.js';
import { LogDirectoryError } from '../../../src/runtime/log-manager.js';
import { batchOf, fromClient } from '../../machines/log/log-fixtures.js';
import { fileSystems, LogHarness, temporaryDirectory, topicId } from './log-harness.js';

describe.each(fileSystems)('a log directory on %s', (_, createFileSystem) => {
  it('L19 holds what Kafka holds', async () => {
    const harness = await LogHarness.open(createFileSystem(), { clusterId: 'Some22CharacterCluster' });
    harness.partition.append(batchOf([{}, {}]), fromClient);
    await harness.manager.close();
    const { fileSystem } = harness;
    expect(fileSystem.list('.').toSorted()).toEqual([
      '.kafka_cleanshutdown',
      '.lock',
      'log-start-offset-checkpoint',
      'meta.properties',
      'recovery-point-offset-checkpoint',
      'replication-offset-checkpoint',
      't-0',
    ]);
    expect(harness.files()).toEqual([
      '00000000000000000000.index',
      '00000000000000000000.log',
      '00000000000000000000.timeindex',
      '00000000000000000002.snapshot',
      'leader-epoch-checkpoint',
      'partition.metadata',
    ]);
    const text = (path: string) => fileSystem.readFile(path).toString();
    expect(text('recovery-point-offset-checkpoint')).toBe('0\n1\nt 0 2\n');
    expect(text('replication-offset-checkpoint')).toBe('0\n1\nt 0 2\n');
    expect(text('t-0/leader-epoch-checkpoint')).toBe('0\n1\n0 0\n');
    expect(text('t-0/partition.metadata')).toBe(`version: 0\ntopic_id: ${topicId}`);
    expect(text('meta.properties')).toMatch(
      /^version=1\ncluster\.id=Some22CharacterCluster\nnode\.id=1\ndirectory\.id=\S{22}\n$/,
    );
    expect(JSON.parse(text('.kafka_cleanshutdown'))).toEqual({ version: 0, brokerEpoch: -1 });
  });

  it('finds its topics, ids and cluster again; the clean shutdown file goes at once', async () => {
    const harness = await LogHarness.open(createFileSystem());
    const { clusterId } = harness.manager;
    for (const index of [0, 1, 11])
      harness.manager.createPartition('my-topic.2', topicId, index, harness.config);
    harness.partition.append(batchOf([{}]), fromClient);
    await harness.restart();
    expect(harness.manager.clusterId).toBe(clusterId);
    expect(harness.manager.topics()).toEqual([
      { topic: 'my-topic.2', topicId, partitions: [0, 1, 11] },
      { topic: 't', topicId, partitions: [0] },
    ]);
    expect(harness.fileSystem.exists('.kafka_cleanshutdown')).toBe(false);
    expect(harness.manager.partition('t', 0)?.logEndOffset).toBe(1);
    expect(harness.manager.partition('t', 1)).toBeUndefined();
  });

  it('writes checkpoints five seconds after something moved, and not while nothing does', async () => {
    const harness = await LogHarness.open(createFileSystem());
    const armedTimers = harness.time.armedTimers;
    harness.partition.append(batchOf([{}]), fromClient);
    await harness.time.advance(4_999);
    expect(harness.fileSystem.exists('replication-offset-checkpoint')).toBe(false);
    await harness.time.advance(1);
    await harness.manager.flush();
    expect(harness.fileSystem.readFile('replication-offset-checkpoint').toString()).toBe('0\n1\nt 0 1\n');
    await harness.time.advance(10_000);
    expect(harness.time.armedTimers).toBe(armedTimers);
    await harness.manager.close();
    expect(harness.time.armedTimers).toBe(0);
  });

  it('L26 a deleted topic is gone at once, its files after file.delete.delay.ms, and its name is free', async () => {
    const harness = await LogHarness.open(createFileSystem());
    harness.partition.append(batchOf([{}]), fromClient);
    expect(harness.manager.deleteTopic('t')).toBe(true);
    expect(harness.manager.deleteTopic('t')).toBe(false);
    expect(harness.manager.partition('t', 0)).toBeUndefined();
    const deleted = () =>
      harness.fileSystem.list('.').filter((name) => /^t-0\.[0-9a-f]{32}-delete$/.test(name));
    expect(deleted().length).toBe(1);
    expect(harness.partition.logEndOffset).toBe(0);
    await harness.time.advance(59_999);
    expect(deleted().length).toBe(1);
    await harness.time.advance(1);
    expect(deleted()).toEqual([]);
    await harness.manager.close();
  });

  it('L26 removes what a crash left of a deleted topic', async () => {
    const harness = await LogHarness.open(createFileSystem());
    harness.partition.append(batchOf([{}]), fromClient);
    harness.manager.deleteTopic('t');
    harness.manager.abandon();
    await harness.crash();
    expect(harness.fileSystem.list('.').filter((name) => name.includes('-delete'))).toEqual([]);
  });

  it('the longest topic name can be created and deleted', async () => {
    const harness = await LogHarness.open(createFileSystem());
    const topic = 'x'.repeat(249);
    harness.manager.createPartition(topic, topicId, 0, harness.config);
    expect(harness.manager.deleteTopic(topic)).toBe(true);
    expect(harness.fileSystem.list('.').some((name) => name.length === 255 && name.endsWith('-delete'))).toBe(
      true,
    );
    await harness.manager.close();
  });

  it('refuses a directory in use, and takes it when it is free', async () => {
    const fileSystem = createFileSystem();
    const first = await LogHarness.open(fileSystem);
    const second = new LogHarness(fileSystem);
    await expect(second.manager.open()).rejects.toMatchObject({
      name: 'FileSystemError',
      reason: 'locked',
      path: '.lock',
    });
    await expect(second.manager.open()).rejects.toThrow(/in use by another running broker/);
    await first.manager.close();
    await second.manager.open();
    await second.manager.close();
  });

  it.each([
    ['another cluster', { clusterId: 'AnotherClusterAltogeth' }, /belongs to cluster Some22CharacterCluster/],
    ['another node', { nodeId: 2 }, /belongs to node 1, not 2/],
  ])('refuses a directory of %s', async (__, options, message) => {
    const fileSystem = createFileSystem();
    const harness = await LogHarness.open(fileSystem, { clusterId: 'Some22CharacterCluster' });
    await harness.manager.close();
    const other = new LogHarness(fileSystem, options);
    await expect(other.manager.open()).rejects.toThrow(LogDirectoryError);
    await expect(other.manager.open()).rejects.toThrow(message);
  });

  it('refuses a second partition of the same name', async () => {
    const harness = await LogHarness.open(createFileSystem());
    harness.manager.createPartition('t', topicId, 0, harness.config);
    expect(() => harness.manager.createPartition('t', topicId, 0, harness.config)).toThrow(LogDirectoryError);
  });

  it('names the file of a partition whose metadata is damaged, and leaves alone what holds no log', async () => {
    const harness = await LogHarness.open(createFileSystem());
    harness.partition.append(batchOf([{}]), fromClient);
    harness.fileSystem.makeDirectory('u-0');
    harness.fileSystem.open('notes-2024', { create: true }).close();
    await harness.crash();
    expect(harness.lines.map(({ fields }) => fields)).toEqual([
      { directory: 'notes-2024' },
      { directory: 'u-0' },
    ]);
    expect(harness.fileSystem.exists('notes-2024')).toBe(true);
    expect(harness.manager.createPartition('u', topicId, 0, harness.config).logEndOffset).toBe(0);
    await expect(
      harness.crashAnd(() => harness.write('partition.metadata', Buffer.from('version: 7'))),
    ).rejects.toThrow(/t-0\/partition\.metadata/);
  });

  it('a damaged checkpoint is told, and the logs are scanned', async () => {
    const harness = await LogHarness.open(createFileSystem());
    harness.partition.append(batchOf([{}]), fromClient);
    await harness.manager.flush();
    await harness.crashAnd(() => {
      harness.fileSystem.remove('recovery-point-offset-checkpoint');
      harness.fileSystem
        .open('recovery-point-offset-checkpoint', { create: true })
        .append([Buffer.from('0\n7\n')]);
    });
    expect(harness.partition.logEndOffset).toBe(1);
    expect(harness.lines[0]).toMatchObject({
      level: 'warn',
      fields: { path: 'recovery-point-offset-checkpoint' },
    });
  });
});

describe('the lock of a directory on disk', () => {
  it('is lost by a process that dies, whoever has its id later', async () => {
    const directory = temporaryDirectory();
    const holder = spawn(process.execPath, [
      '-e',
      `const fs = require('node:fs');
       const file = fs.openSync(${JSON.stringify(`${directory}/.lock`)}, 'a');
       fs.writeSync(file, process.pid + ' 1\\n');
       process.stdout.write('held');
       setInterval(() => {}, 1000);`,
    ]);
    await once(holder.stdout, 'data');
    const fileSystem = createNodeFileSystem(directory);
    expect(() => fileSystem.lock('.lock')).toThrow(FileSystemError);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lock = fileSystem.lock('.lock');
    expect(() => fileSystem.lock('.lock')).toThrow(/in use/);
    lock.release();
    fileSystem.lock('.lock').release();
  });

  it('in memory belongs to the file system', () => {
    const fileSystem = new MemoryFileSystem();
    const lock = fileSystem.lock('.lock');
    expect(() => fileSystem.lock('.lock')).toThrow(/in use/);
    lock.release();
    fileSystem.lock('.lock').release();
  });
});
