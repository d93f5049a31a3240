// Decides how the FileSystem port meets node:fs: synchronous calls to the page cache, a bound on open descriptors, typed errors.
import * as fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { FileSystemError } from '../../foundation/file-system-error.js';
import type { File, FileLock, FileSystem } from '../../ports/file-system.js';
import { fileSystemError, systemCode } from './node-file-error.js';
import { lockFile } from './node-file-lock.js';
import { NodeFile, OpenFiles } from './node-file.js';

export interface NodeFileSystemOptions {
  /** Descriptors kept open at most; files over it are reopened when they are used again. */
  readonly maxOpenFiles?: number;
}

class NodeFileSystem implements FileSystem {
  readonly #root: string;
  readonly #openFiles: OpenFiles;

  constructor(root: string, options: NodeFileSystemOptions) {
    this.#root = root;
    this.#openFiles = new OpenFiles(options.maxOpenFiles ?? 4096);
  }

  open(path: string, options: { readonly create: boolean }): File {
    return new NodeFile(path, (relative) => this.#at(relative), options.create, this.#openFiles);
  }

  exists(path: string): boolean {
    return fs.existsSync(this.#at(path));
  }

  list(directory: string): string[] {
    try {
      return fs.readdirSync(this.#at(directory));
    } catch (error) {
      const typed = fileSystemError('list', directory, error);
      if (typed.reason === 'absent' || typed.reason === 'not-a-directory') return [];
      throw typed;
    }
  }

  makeDirectory(directory: string): void {
    this.#attempt('create directory', directory, (at) => makeDirectories(at));
  }

  rename(from: string, to: string): void {
    this.#attempt('rename', from, (at) => fs.renameSync(at, this.#at(to)));
  }

  remove(path: string): void {
    this.#attempt('remove', path, (at) => fs.rmSync(at, { recursive: true, force: true }));
  }

  syncDirectory(directory: string): Promise<void> {
    let descriptor: number;
    try {
      descriptor = fs.openSync(this.#at(directory), 'r');
    } catch (error) {
      return Promise.reject(fileSystemError('sync directory', directory, error));
    }
    return new Promise((onSynced, onFailed) => {
      fs.fsync(descriptor, (error) => {
        fs.closeSync(descriptor);
        if (error === null) onSynced();
        else onFailed(fileSystemError('sync directory', directory, error));
      });
    });
  }

  readFile(path: string): Buffer {
    return this.#attempt('read', path, (at) => fs.readFileSync(at));
  }

  modifiedMs(path: string): number {
    return this.#attempt('stat', path, (at) => Math.floor(fs.statSync(at).mtimeMs));
  }

  setModifiedMs(path: string, timeMs: number): void {
    this.#attempt('set the time of', path, (at) => fs.utimesSync(at, timeMs / 1000, timeMs / 1000));
  }

  lock(path: string): FileLock {
    return this.#attempt('lock', path, (at) => lockFile(at, path));
  }

  #at(path: string): string {
    if (path.split('/').includes('..'))
      throw new FileSystemError('not-permitted', 'leave the root through', path);
    return join(this.#root, path);
  }

  #attempt<T>(operation: string, path: string, action: (at: string) => T): T {
    try {
      return action(this.#at(path));
    } catch (error) {
      throw fileSystemError(operation, path, error);
    }
  }
}

/** As `mkdir -p`. Node's own `recursive` never ends where a parent is there and refuses children with ENOENT, as /proc does. */
function makeDirectories(path: string): void {
  try {
    fs.mkdirSync(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST' && fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || fs.existsSync(parent)) throw error;
    makeDirectories(parent);
    fs.mkdirSync(path);
  }
}

/** Opens the file system below a directory, which is created when it is absent. */
export function createNodeFileSystem(rootDirectory: string, options: NodeFileSystemOptions = {}): FileSystem {
  const root = resolve(rootDirectory);
  try {
    makeDirectories(root);
    fs.accessSync(root, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
  } catch (error) {
    if (systemCode(error) === 'EEXIST')
      throw new FileSystemError('not-a-directory', 'open', rootDirectory, error);
    throw fileSystemError('open', rootDirectory, error);
  }
  return new NodeFileSystem(root, options);
}
