// Decides how files live in memory: a tree of directories whose files are chunks that appends never copy again.
import { FileSystemError } from '../../foundation/file-system-error.js';
import type { Clock } from '../../ports/clock.js';
import type { File, FileLock, FileSystem } from '../../ports/file-system.js';
import { MemoryFileContent } from './memory-file-content.js';

/** What a test may have go wrong. Each hook is asked before the operation; an error it returns is thrown. */
export interface FileFaults {
  /** The bytes of an append that still reach the file, and the error that follows them; null lets the append succeed. */
  append?(
    path: string,
    sizeBytes: number,
  ): { readonly writtenBytes: number; readonly error: FileSystemError } | null;
  read?(path: string, position: number): FileSystemError | null;
  truncate?(path: string, sizeBytes: number): FileSystemError | null;
  sync?(path: string): FileSystemError | null;
  rename?(path: string): FileSystemError | null;
  /** Told before anything on the disk changes: the moments at which a crash can find it. */
  beforeChange?(): void;
}

export interface MemoryFileSystemOptions {
  readonly clock?: Pick<Clock, 'nowMs'>;
  readonly faults?: FileFaults;
}

interface Directory {
  readonly kind: 'directory';
  readonly entries: Map<string, Entry>;
}

type Entry = Directory | MemoryFileContent;

export class MemoryFileSystem implements FileSystem {
  /** May be replaced at any time. */
  faults: FileFaults;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #root: Directory = { kind: 'directory', entries: new Map() };
  readonly #locks = new Set<string>();

  constructor(options: MemoryFileSystemOptions = {}) {
    this.#clock = options.clock ?? { nowMs: () => 0 };
    this.faults = options.faults ?? {};
  }

  open(path: string, options: { readonly create: boolean }): File {
    const { directory, name } = this.#parent(path, 'open');
    let entry = directory.entries.get(name);
    if (entry === undefined) {
      if (!options.create) throw new FileSystemError('absent', 'open', path);
      this.faults.beforeChange?.();
      entry = new MemoryFileContent(this.#clock.nowMs());
      directory.entries.set(name, entry);
    }
    if (entry.kind === 'directory') throw new FileSystemError('failed', 'open', path);
    return new MemoryFile(path, entry, this, this.#clock);
  }

  exists(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  list(directory: string): string[] {
    const entry = this.#find(directory);
    return entry?.kind === 'directory' ? [...entry.entries.keys()] : [];
  }

  makeDirectory(directory: string): void {
    this.faults.beforeChange?.();
    let current = this.#root;
    for (const name of segmentsOf(directory)) {
      let next = current.entries.get(name);
      if (next === undefined) {
        next = { kind: 'directory', entries: new Map() };
        current.entries.set(name, next);
      }
      if (next.kind !== 'directory')
        throw new FileSystemError('not-a-directory', 'create directory', directory);
      current = next;
    }
  }

  rename(from: string, to: string): void {
    const source = this.#parent(from, 'rename');
    const entry = source.directory.entries.get(source.name);
    if (entry === undefined) throw new FileSystemError('absent', 'rename', from);
    const target = this.#parent(to, 'rename');
    const replaced = target.directory.entries.get(target.name);
    if (replaced !== undefined && (replaced.kind === 'directory' || entry.kind === 'directory')) {
      throw new FileSystemError('failed', 'rename', to);
    }
    const error = this.faults.rename?.(from) ?? null;
    if (error !== null) throw error;
    this.faults.beforeChange?.();
    source.directory.entries.delete(source.name);
    target.directory.entries.set(target.name, entry);
  }

  remove(path: string): void {
    if (this.#find(path) === undefined) return;
    this.faults.beforeChange?.();
    const { directory, name } = this.#parent(path, 'remove');
    directory.entries.delete(name);
  }

  syncDirectory(directory: string): Promise<void> {
    if (this.#find(directory)?.kind === 'directory') return Promise.resolve();
    return Promise.reject(new FileSystemError('absent', 'sync directory', directory));
  }

  readFile(path: string): Buffer {
    const content = this.#content(path, 'read');
    const error = this.faults.read?.(path, 0) ?? null;
    if (error !== null) throw error;
    const bytes = Buffer.allocUnsafeSlow(content.sizeBytes);
    content.read(bytes, 0, bytes.length, 0);
    return bytes;
  }

  modifiedMs(path: string): number {
    return this.#content(path, 'stat').modifiedMs;
  }

  setModifiedMs(path: string, timeMs: number): void {
    this.#content(path, 'stat').modifiedMs = timeMs;
  }

  lock(path: string): FileLock {
    if (this.#locks.has(path)) throw new FileSystemError('locked', 'lock', path);
    this.open(path, { create: true }).close();
    this.#locks.add(path);
    return { release: () => void this.#locks.delete(path) };
  }

  /**
   * What a machine that lost power would find: the same tree, every file cut at what `keep` answers (by default the synced size),
   * which must lie between the synced and the written size. Open files and locks stay with the old file system.
   */
  afterCrash(
    keep: (path: string, syncedBytes: number, sizeBytes: number) => number = (_, synced) => synced,
  ): MemoryFileSystem {
    const copy = new MemoryFileSystem({ clock: this.#clock });
    const copyInto = (from: Directory, to: Directory, prefix: string): void => {
      for (const [name, entry] of from.entries) {
        const path = prefix + name;
        if (entry.kind === 'directory') {
          const directory: Directory = { kind: 'directory', entries: new Map() };
          to.entries.set(name, directory);
          copyInto(entry, directory, `${path}/`);
        } else {
          to.entries.set(name, entry.copy(keep(path, entry.syncedBytes, entry.sizeBytes)));
        }
      }
    };
    copyInto(this.#root, copy.#root, '');
    return copy;
  }

  #find(path: string): Entry | undefined {
    let entry: Entry | undefined = this.#root;
    for (const name of segmentsOf(path)) {
      if (entry?.kind !== 'directory') return undefined;
      entry = entry.entries.get(name);
    }
    return entry;
  }

  #parent(path: string, operation: string): { directory: Directory; name: string } {
    const names = segmentsOf(path);
    const name = names.pop();
    const directory = this.#find(names.join('/'));
    if (name === undefined || directory === undefined) throw new FileSystemError('absent', operation, path);
    if (directory.kind !== 'directory') throw new FileSystemError('not-a-directory', operation, path);
    return { directory, name };
  }

  #content(path: string, operation: string): MemoryFileContent {
    const entry = this.#find(path);
    if (entry === undefined) throw new FileSystemError('absent', operation, path);
    if (entry.kind === 'directory') throw new FileSystemError('failed', operation, path);
    return entry;
  }
}

class MemoryFile implements File {
  readonly path: string;
  readonly #content: MemoryFileContent;
  readonly #owner: MemoryFileSystem;
  readonly #clock: Pick<Clock, 'nowMs'>;

  constructor(
    path: string,
    content: MemoryFileContent,
    owner: MemoryFileSystem,
    clock: Pick<Clock, 'nowMs'>,
  ) {
    this.path = path;
    this.#content = content;
    this.#owner = owner;
    this.#clock = clock;
  }

  get sizeBytes(): number {
    return this.#content.sizeBytes;
  }

  append(buffers: readonly Buffer[]): void {
    const { faults } = this.#owner;
    faults.beforeChange?.();
    if (faults.append !== undefined) {
      let sizeBytes = 0;
      for (const buffer of buffers) sizeBytes += buffer.length;
      const fault = faults.append(this.path, sizeBytes);
      if (fault !== null) {
        this.#content.append(Buffer.concat(buffers).subarray(0, fault.writtenBytes));
        throw fault.error;
      }
    }
    for (const buffer of buffers) this.#content.append(buffer);
    this.#content.modifiedMs = this.#clock.nowMs();
  }

  read(target: Buffer, targetOffset: number, length: number, position: number): number {
    const error = this.#owner.faults.read?.(this.path, position) ?? null;
    if (error !== null) throw error;
    return this.#content.read(target, targetOffset, length, position);
  }

  truncate(sizeBytes: number): void {
    const error = this.#owner.faults.truncate?.(this.path, sizeBytes) ?? null;
    if (error !== null) throw error;
    this.#owner.faults.beforeChange?.();
    this.#content.truncate(sizeBytes);
    this.#content.modifiedMs = this.#clock.nowMs();
  }

  sync(): Promise<void> {
    const error = this.#owner.faults.sync?.(this.path) ?? null;
    if (error !== null) return Promise.reject(error);
    this.#owner.faults.beforeChange?.();
    this.#content.syncedBytes = this.#content.sizeBytes;
    return Promise.resolve();
  }

  close(): void {}
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** Opens an empty file system in memory, bounded only by the memory there is. */
export function createMemoryFileSystem(clock?: Pick<Clock, 'nowMs'>): MemoryFileSystem {
  return new MemoryFileSystem(clock === undefined ? {} : { clock });
}
