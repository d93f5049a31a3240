// Decides that the file systems in memory and on disk behave alike, and what only one of them does.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSystemError } from '../../src/foundation/file-system-error.js';
import { MemoryFileSystem } from '../../src/io/memory/memory-file-system.js';
import { createNodeFileSystem } from '../../src/io/node/node-file-system.js';
import type { File, FileSystem } from '../../src/ports/file-system.js';

const root = mkdtempSync(join(tmpdir(), 'ottla-files-'));
let directories = 0;
const newDirectory = (): string => join(root, String(directories++));

afterAll(() => rmSync(root, { recursive: true, force: true }));

function contentOf(file: File): string {
  const bytes = Buffer.alloc(file.sizeBytes);
  expect(file.read(bytes, 0, bytes.length, 0)).toBe(bytes.length);
  return bytes.toString('latin1');
}

function reasonOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof FileSystemError) return error.reason;
    throw error;
  }
  return 'none';
}

describe.each<[string, () => FileSystem]>([
  ['memory', () => new MemoryFileSystem()],
  ['disk', () => createNodeFileSystem(newDirectory())],
  ['disk with two descriptors', () => createNodeFileSystem(newDirectory(), { maxOpenFiles: 2 })],
])('files in %s', (_, create) => {
  it('appends buffers in order, as one, whatever their number and sizes', () => {
    const file = create().open('a', { create: true });
    let expected = '';
    for (const count of [1, 2, 1023, 1024, 1025, 3000]) {
      const parts = Array.from({ length: count }, (__, at) => Buffer.from(`${at},`.repeat(at % 5)));
      file.append(parts);
      expected += Buffer.concat(parts).toString('latin1');
    }
    file.append([]);
    expect(file.sizeBytes).toBe(expected.length);
    expect(contentOf(file)).toBe(expected);
  });

  it('reads ranges across all boundaries, and less at the end', () => {
    const file = create().open('a', { create: true });
    const all = Buffer.from(Array.from({ length: 700_001 }, (__, at) => (at * 31) % 251));
    for (let at = 0; at < all.length; at += 100_000) file.append([all.subarray(at, at + 100_000)]);
    for (const [position, length] of [
      [0, 10],
      [262_140, 10],
      [262_144, 262_144],
      [699_990, 100],
      [700_001, 5],
      [900_000, 5],
    ] as const) {
      const target = Buffer.alloc(length + 4, 0xee);
      const count = file.read(target, 2, length, position);
      const expected = all.subarray(position, position + length);
      expect(count).toBe(expected.length);
      expect(target.subarray(2, 2 + count).equals(expected)).toBe(true);
      expect([target[0], target[1], target[2 + count]]).toEqual([0xee, 0xee, 0xee]);
    }
  });

  it('truncates, and appends go on at the new end', () => {
    const file = create().open('a', { create: true });
    file.append([Buffer.alloc(600_000, 'x')]);
    file.truncate(300_001);
    file.append([Buffer.from('end')]);
    expect(file.sizeBytes).toBe(300_004);
    expect(contentOf(file).slice(-5)).toBe('xxend');
    file.truncate(0);
    file.append([Buffer.from('new')]);
    expect(contentOf(file)).toBe('new');
  });

  it('keeps many open files apart', () => {
    const fileSystem = create();
    const files = Array.from({ length: 12 }, (__, at) => fileSystem.open(`f${at}`, { create: true }));
    for (let round = 0; round < 5; round++)
      files.forEach((file, at) => file.append([Buffer.from(`${at}.${round} `)]));
    files.forEach((file, at) => expect(contentOf(file)).toBe(`${at}.0 ${at}.1 ${at}.2 ${at}.3 ${at}.4 `));
    for (const file of files) file.close();
  });

  it('opens what was written, lists, renames over, removes', async () => {
    const fileSystem = create();
    fileSystem.makeDirectory('d/e');
    fileSystem.makeDirectory('d/e');
    const file = fileSystem.open('d/e/a', { create: true });
    file.append([Buffer.from('one')]);
    await file.sync();
    file.close();
    fileSystem.open('d/b', { create: true }).close();
    expect(fileSystem.list('d').toSorted()).toEqual(['b', 'e']);
    fileSystem.rename('d/e/a', 'd/b');
    await fileSystem.syncDirectory('d');
    expect(fileSystem.readFile('d/b').toString()).toBe('one');
    expect([fileSystem.exists('d/e/a'), fileSystem.exists('d/e'), fileSystem.list('nowhere')]).toEqual([
      false,
      true,
      [],
    ]);
    fileSystem.rename('d', 'moved');
    expect(contentOf(fileSystem.open('moved/b', { create: false }))).toBe('one');
    fileSystem.remove('moved');
    fileSystem.remove('moved');
    expect(fileSystem.list('.')).toEqual([]);
  });

  it('keeps modification times that are set', () => {
    const fileSystem = create();
    fileSystem.open('a', { create: true }).close();
    fileSystem.setModifiedMs('a', 1_700_000_000_000);
    expect(fileSystem.modifiedMs('a')).toBe(1_700_000_000_000);
  });

  it('tells faults by typed errors that name the path', async () => {
    const fileSystem = create();
    fileSystem.open('file', { create: true }).close();
    expect(reasonOf(() => fileSystem.open('a', { create: false }))).toBe('absent');
    expect(reasonOf(() => fileSystem.open('no/a', { create: true }))).toBe('absent');
    expect(reasonOf(() => fileSystem.readFile('a'))).toBe('absent');
    expect(reasonOf(() => fileSystem.rename('a', 'b'))).toBe('absent');
    expect(reasonOf(() => fileSystem.modifiedMs('a'))).toBe('absent');
    expect(reasonOf(() => fileSystem.open('file/a', { create: true }))).toBe('not-a-directory');
    expect(reasonOf(() => fileSystem.makeDirectory('file/a'))).toBe('not-a-directory');
    expect(() => fileSystem.readFile('a')).toThrow(
      /Cannot read 'a': the file or one of its directories does not exist/,
    );
    await expect(fileSystem.syncDirectory('no')).rejects.toMatchObject({ reason: 'absent' });
  });
});

describe('files on disk', () => {
  it('never hold more descriptors than the bound', () => {
    // Only Linux tells what a process has open.
    const count = (): number => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);
    const fileSystem = createNodeFileSystem(newDirectory(), { maxOpenFiles: 3 });
    const files = Array.from({ length: 20 }, (_, at) => fileSystem.open(`f${at}`, { create: true }));
    for (const file of [...files, ...files.toReversed()]) file.append([Buffer.from('x')]);
    const open = count();
    for (const file of files) file.close();
    expect(open - count()).toBe(open === 0 ? 0 : 3);
  });

  it('may be closed while a sync is under way', async () => {
    const fileSystem = createNodeFileSystem(newDirectory());
    const file = fileSystem.open('a', { create: true });
    file.append([Buffer.from('x')]);
    const synced = file.sync();
    file.close();
    await synced;
    expect(() => file.append([Buffer.from('y')])).toThrow(FileSystemError);
    expect(fileSystem.readFile('a').toString()).toBe('x');
  });

  it('refuse a root that is a file, and paths that leave the root', () => {
    const path = newDirectory();
    writeFileSync(path, '');
    expect(reasonOf(() => createNodeFileSystem(path))).toBe('not-a-directory');
    expect(reasonOf(() => createNodeFileSystem(newDirectory()).open('../a', { create: true }))).toBe(
      'not-permitted',
    );
  });

  it('make the directories above the root, and give up where nothing can be made', () => {
    const deep = `${newDirectory()}/a/b/c`;
    createNodeFileSystem(deep).makeDirectory('d/e');
    expect(existsSync(`${deep}/d/e`)).toBe(true);
    // Below /proc a parent is there, and its children are refused as absent.
    const refused = process.platform === 'linux' ? '/proc/ottla/data' : '/dev/null/data';
    expect(() => createNodeFileSystem(refused)).toThrow(FileSystemError);
  });
});

describe('files in memory', () => {
  it('tell what a loss of power leaves: the synced bytes, or more', async () => {
    const fileSystem = new MemoryFileSystem();
    const file = fileSystem.open('a', { create: true });
    file.append([Buffer.from('safe')]);
    await file.sync();
    file.append([Buffer.from(' and unsafe')]);
    expect(fileSystem.afterCrash().readFile('a').toString()).toBe('safe');
    expect(
      fileSystem
        .afterCrash((_, synced) => synced + 4)
        .readFile('a')
        .toString(),
    ).toBe('safe and');
    expect(fileSystem.readFile('a').toString()).toBe('safe and unsafe');
  });

  it('can fail after part of a write', () => {
    const error = new FileSystemError('no-space', 'append to', 'a');
    const fileSystem = new MemoryFileSystem({ faults: { append: () => ({ writtenBytes: 3, error }) } });
    const file = fileSystem.open('a', { create: true });
    expect(() => file.append([Buffer.from('ab'), Buffer.from('cd')])).toThrow(error);
    expect(contentOf(file)).toBe('abc');
  });
});
