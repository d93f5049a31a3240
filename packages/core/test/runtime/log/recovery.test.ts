// Decides that a log comes back as Kafka's does after a crash: L21, L22, P11, corner cases 9, 36 and 37.
import { ErrorCode } from '../../../src/protocol/errors.js';
import { batchOf, fromClient, producerBatch } from '../../machines/log/log-fixtures.js';
import { fileSystems, LogHarness, readAll } from './log-harness.js';

const batch = (at: number) => batchOf([{ value: `${at}${'x'.repeat(1000)}` }]);
const size = batch(0).length;
const firstLog = '00000000000000000000.log';
const names = (base: number) => String(base).padStart(20, '0');

describe.each(fileSystems)('on %s', (_, createFileSystem) => {
  /** Ten batches in segments of three: bases 0, 3, 6 and 9. */
  async function filled(config = {}): Promise<LogHarness> {
    const harness = await LogHarness.open(createFileSystem(), {
      config: { segmentBytes: 3 * size + 50, indexIntervalBytes: 500, ...config },
    });
    for (let at = 0; at < 10; at++) harness.partition.append(batch(at), fromClient);
    return harness;
  }
  const offsets = (harness: LogHarness) => readAll(harness.partition, 0).map(({ offset }) => offset);
  const upTo = (count: number) => Array.from({ length: count }, (__, at) => at);

  it('L22 a crash loses nothing that append returned for, and the log goes on', async () => {
    const harness = await filled();
    const partition = await harness.crash();
    expect(offsets(harness)).toEqual(upTo(10));
    expect(partition.append(batch(10), fromClient)).toMatchObject({ kind: 'appended', baseOffset: 10 });
    expect(partition.epochEndOffset(0)).toEqual({ leaderEpoch: 0, endOffset: 11 });
  });

  it('L22 corner case 36: a batch cut in the middle is cut off', async () => {
    const harness = await filled();
    await harness.crashAnd(() => harness.truncate(`${names(9)}.log`, size - 1));
    expect(harness.partition.logEndOffset).toBe(9);
    expect(harness.read(`${names(9)}.log`).length).toBe(0);
    expect(harness.partition.append(batch(9), fromClient)).toMatchObject({ baseOffset: 9 });
    expect(harness.lines.at(-1)?.message).toContain('cut at its first bad byte');
  });

  it('L22 a flipped bit cuts there, and all later segments go', async () => {
    const harness = await filled();
    await harness.crashAnd(() => {
      harness.fileSystem.remove('recovery-point-offset-checkpoint');
      harness.flip(`${names(3)}.log`, size + 100);
    });
    expect(offsets(harness)).toEqual(upTo(4));
    expect(harness.files('.log')).toEqual([firstLog, `${names(3)}.log`]);
    expect(harness.files('index')).toEqual(
      [0, 3].flatMap((base) => [`${names(base)}.index`, `${names(base)}.timeindex`]),
    );
    expect(harness.files('.snapshot').every((name) => name <= names(4))).toBe(true);
  });

  it('L22 segments below the recovery point are not scanned', async () => {
    const harness = await filled();
    await harness.manager.flush();
    harness.partition.append(batch(10), fromClient);
    await harness.crashAnd(() => harness.flip(firstLog, 100));
    expect(harness.partition.logEndOffset).toBe(11);
  });

  it('L22 corner case 37: after a clean stop a corrupt middle segment is not scanned', async () => {
    const harness = await filled();
    await harness.manager.close();
    harness.flip(`${names(3)}.log`, 100);
    const partition = await harness.crash();
    expect(partition.logEndOffset).toBe(10);
    expect(harness.lines).toEqual([]);
  });

  it('L21 a clean restart keeps indexes, and appends go on in them', async () => {
    const harness = await filled({ segmentBytes: 1e6 });
    await harness.restart();
    const before = harness.read(`${names(0)}.index`);
    for (let at = 10; at < 20; at++) harness.partition.append(batch(at), fromClient);
    await harness.restart();
    const after = harness.read(`${names(0)}.index`);
    expect(after.subarray(0, before.length)).toEqual(before);
    expect(after.length).toBeGreaterThan(before.length);
    expect(offsets(harness)).toEqual(upTo(20));
  });

  const damages: readonly (readonly [string, (harness: LogHarness, name: string) => void])[] = [
    ['missing', (harness, name) => harness.fileSystem.remove(`t-0/${name}`)],
    [
      'of a wrong size',
      (harness, name) => harness.truncate(name, Math.max(0, harness.read(name).length - 3)),
    ],
    ['empty', (harness, name) => harness.truncate(name, 0)],
    ['garbage', (harness, name) => harness.write(name, Buffer.alloc(240, 0xa7))],
    [
      'padded with zeros',
      (harness, name) => harness.write(name, Buffer.concat([harness.read(name), Buffer.alloc(2400)])),
    ],
  ];
  it.each(
    damages.flatMap(([what, damage]) =>
      ['.index', '.timeindex'].flatMap((suffix) =>
        [0, 9].map((base) => [suffix, base, what, damage] as const),
      ),
    ),
  )('L21 %s of segment %i %s: it is rebuilt as it was', async (suffix, base, __, damage) => {
    const harness = await filled();
    await harness.manager.close();
    const name = names(base) + suffix;
    const good = harness.read(name);
    damage(harness, name);
    await harness.crash();
    expect(offsets(harness)).toEqual(upTo(10));
    expect(harness.partition.offsetOfMaxTimestamp()?.offset).toBe(0);
    await harness.manager.close();
    expect(harness.read(name)).toEqual(good);
  });

  it('L21 leftovers of interrupted work are removed, finished swaps completed', async () => {
    const harness = await filled();
    await harness.manager.close();
    const swapped = harness.read(`${names(3)}.log`);
    harness.write(`${names(0)}.log.deleted`, Buffer.alloc(5));
    harness.write(`${names(6)}.log.cleaned`, Buffer.alloc(5));
    harness.write(`${names(6)}.log.swap`, Buffer.alloc(5));
    harness.write(`${names(3)}.log.swap`, swapped);
    harness.fileSystem.remove(`t-0/${names(3)}.log`);
    harness.write(`${names(77)}.index`, Buffer.alloc(8));
    harness.write('leader-epoch-checkpoint.tmp', Buffer.alloc(5));
    await harness.crash();
    expect(offsets(harness)).toEqual(upTo(10));
    expect(harness.files().filter((name) => /deleted|cleaned|swap|tmp|77/.test(name))).toEqual([]);
  });

  it.each([
    ['an empty log file', (harness: LogHarness) => harness.truncate(firstLog, 0), 0],
    ['a log of zeros', (harness: LogHarness) => harness.write(firstLog, Buffer.alloc(5000)), 0],
    ['a log of noise', (harness: LogHarness) => harness.write(firstLog, Buffer.alloc(5000, 0x5a)), 0],
    [
      'zeros behind the last batch',
      (harness: LogHarness) =>
        harness.write(firstLog, Buffer.concat([harness.read(firstLog), Buffer.alloc(9000)])),
      3,
    ],
    [
      'the same batch twice',
      (harness: LogHarness) =>
        harness.write(firstLog, Buffer.concat([harness.read(firstLog), harness.read(firstLog)])),
      3,
    ],
    ['no log file', (harness: LogHarness) => harness.fileSystem.remove(`t-0/${firstLog}`), 0],
    [
      'a damaged epoch checkpoint',
      (harness: LogHarness) => harness.write('leader-epoch-checkpoint', Buffer.from('?')),
      3,
    ],
  ])('L22 %s', async (__, damage, endOffset) => {
    const harness = await LogHarness.open(createFileSystem());
    for (let at = 0; at < 3; at++) harness.partition.append(batch(at), fromClient);
    const partition = await harness.crashAnd(() => damage(harness));
    expect(partition.logEndOffset).toBe(endOffset);
    expect(partition.append(batch(9), fromClient)).toMatchObject({ kind: 'appended', baseOffset: endOffset });
    expect(offsets(harness)).toEqual(upTo(endOffset + 1));
    expect(partition.epochEndOffset(0).endOffset).toBe(endOffset + 1);
  });

  it('L22 a log that ends before its start is begun anew at the start', async () => {
    const harness = await filled();
    await harness.manager.close();
    const checkpoint = Buffer.from('0\n1\nt 0 500\n');
    harness.fileSystem.remove('log-start-offset-checkpoint');
    const file = harness.fileSystem.open('log-start-offset-checkpoint', { create: true });
    file.append([checkpoint]);
    file.close();
    const partition = await harness.crash();
    expect([partition.logStartOffset, partition.logEndOffset]).toEqual([500, 500]);
    expect(harness.files('.log')).toEqual([`${names(500)}.log`]);
  });

  describe('producers', () => {
    it.each([
      ['a clean restart', (harness: LogHarness) => harness.restart()],
      ['a crash', (harness: LogHarness) => harness.crash()],
    ])('P11 corner case 9: the last batch sent again after %s is recognised', async (what, again) => {
      const harness = await LogHarness.open(createFileSystem(), { config: { segmentBytes: 1000 } });
      for (let at = 0; at < 20; at++) harness.partition.append(producerBatch(1, 0, at * 2, 2), fromClient);
      const partition = await again(harness);
      expect(partition.append(producerBatch(1, 0, 38, 2), fromClient)).toMatchObject({
        kind: 'duplicate',
        baseOffset: 38,
      });
      expect(partition.logEndOffset).toBe(40);
      expect(partition.append(producerBatch(1, 0, 0, 2), fromClient)).toMatchObject({
        errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
      });
      expect(partition.append(producerBatch(1, 0, 40, 2), fromClient)).toMatchObject({
        kind: 'appended',
        baseOffset: 40,
      });
      expect(what).toBeDefined();
    });

    it('P11 a damaged snapshot falls back to the one before it', async () => {
      const harness = await LogHarness.open(createFileSystem(), { config: { segmentBytes: 1000 } });
      for (let at = 0; at < 20; at++) harness.partition.append(producerBatch(1, 0, at), fromClient);
      await harness.manager.close();
      const newest = harness.files('.snapshot').at(-1) ?? '';
      expect(newest).toBe(`${names(20)}.snapshot`);
      harness.flip(newest, 12);
      const partition = await harness.crash();
      expect(partition.append(producerBatch(1, 0, 19), fromClient)).toMatchObject({
        kind: 'duplicate',
        baseOffset: 19,
      });
      expect(harness.lines.map(({ message }) => message)).toEqual([
        'A producer snapshot is damaged; an older one serves',
      ]);
    });

    it('P11 a cut log forgets the sequences it lost', async () => {
      const harness = await LogHarness.open(createFileSystem());
      for (let at = 0; at < 3; at++) harness.partition.append(producerBatch(1, 0, at), fromClient);
      const one = producerBatch(1, 0, 0).length;
      const partition = await harness.crashAnd(() => harness.truncate(firstLog, 2 * one + 5));
      expect(partition.append(producerBatch(1, 0, 2), fromClient)).toMatchObject({
        kind: 'appended',
        baseOffset: 2,
      });
    });
  });
});
