// Decides how one file is appended, read and synced with node:fs, and which descriptors stay open.
import * as fs from 'node:fs';
import type { File } from '../../ports/file-system.js';
import { fileSystemError } from './node-file-error.js';

/** POSIX lets one writev carry this many buffers. */
const maxBuffersPerWrite = 1024;
const closed = -1;

/** The files of one file system that hold a descriptor; the least used give theirs up when there are too many. */
export class OpenFiles {
  readonly #limit: number;
  readonly #files: NodeFile[] = [];
  #hand = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Makes room for one more, by the second-chance rule: a file used since the hand last passed is spared once. */
  add(file: NodeFile): void {
    for (let looked = 0; this.#files.length >= this.#limit && looked < 2 * this.#files.length; looked++) {
      this.#hand = (this.#hand + 1) % this.#files.length;
      const candidate = this.#files[this.#hand];
      if (candidate?.giveUpDescriptor() === true) break;
    }
    this.#files.push(file);
  }

  remove(file: NodeFile): void {
    const index = this.#files.indexOf(file);
    const last = this.#files.pop();
    if (last !== undefined && last !== file && index >= 0) this.#files[index] = last;
  }
}

export class NodeFile implements File {
  readonly path: string;
  readonly #absolute: (path: string) => string;
  readonly #openFiles: OpenFiles;
  #descriptor = closed;
  #sizeBytes = 0;
  #usedLately = true;
  #syncsUnderWay = 0;
  #isClosed = false;

  constructor(path: string, absolute: (path: string) => string, create: boolean, openFiles: OpenFiles) {
    this.path = path;
    this.#absolute = absolute;
    this.#openFiles = openFiles;
    this.#open(create);
    this.#sizeBytes = fs.fstatSync(this.#descriptor).size;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  append(buffers: readonly Buffer[]): void {
    const descriptor = this.#use();
    try {
      if (buffers.length === 1 && buffers[0] !== undefined) this.#writeOne(descriptor, buffers[0]);
      else this.#writeMany(descriptor, buffers);
    } catch (error) {
      throw fileSystemError('append to', this.path, error);
    }
  }

  read(target: Buffer, targetOffset: number, length: number, position: number): number {
    const descriptor = this.#use();
    try {
      let done = 0;
      while (done < length) {
        const count = fs.readSync(descriptor, target, targetOffset + done, length - done, position + done);
        if (count === 0) break;
        done += count;
      }
      return done;
    } catch (error) {
      throw fileSystemError('read', this.path, error);
    }
  }

  truncate(sizeBytes: number): void {
    const descriptor = this.#use();
    try {
      fs.ftruncateSync(descriptor, sizeBytes);
    } catch (error) {
      throw fileSystemError('truncate', this.path, error);
    }
    this.#sizeBytes = sizeBytes;
  }

  sync(): Promise<void> {
    let descriptor: number;
    try {
      descriptor = this.#use();
    } catch (error) {
      return Promise.reject(fileSystemError('sync', this.path, error));
    }
    this.#syncsUnderWay += 1;
    return new Promise((onSynced, onFailed) => {
      fs.fdatasync(descriptor, (error) => {
        this.#syncsUnderWay -= 1;
        if (this.#isClosed) this.#release();
        if (error === null) onSynced();
        else onFailed(fileSystemError('sync', this.path, error));
      });
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
  }

  /** Called by OpenFiles; true when the descriptor was closed. */
  giveUpDescriptor(): boolean {
    if (this.#usedLately || this.#syncsUnderWay > 0) {
      this.#usedLately = false;
      return false;
    }
    this.#release();
    return true;
  }

  #writeOne(descriptor: number, buffer: Buffer): void {
    let done = 0;
    while (done < buffer.length) {
      const count = fs.writeSync(descriptor, buffer, done, buffer.length - done, this.#sizeBytes);
      done += count;
      this.#sizeBytes += count;
    }
  }

  #writeMany(descriptor: number, buffers: readonly Buffer[]): void {
    let rest = buffers.filter((buffer) => buffer.length > 0);
    while (rest.length > 0) {
      let written = fs.writevSync(descriptor, rest.slice(0, maxBuffersPerWrite), this.#sizeBytes);
      this.#sizeBytes += written;
      let whole = 0;
      for (const buffer of rest) {
        if (written < buffer.length) break;
        written -= buffer.length;
        whole += 1;
      }
      rest = rest.slice(whole);
      const cut = rest[0];
      if (written > 0 && cut !== undefined) rest[0] = cut.subarray(written);
    }
  }

  #use(): number {
    this.#usedLately = true;
    if (this.#descriptor === closed) {
      if (this.#isClosed) throw fileSystemError('use', this.path, new Error('the file is closed'));
      this.#open(false);
    }
    return this.#descriptor;
  }

  #open(create: boolean): void {
    const flags = fs.constants.O_RDWR | (create ? fs.constants.O_CREAT : 0);
    try {
      this.#descriptor = fs.openSync(this.#absolute(this.path), flags, 0o644);
    } catch (error) {
      throw fileSystemError('open', this.path, error);
    }
    this.#openFiles.add(this);
  }

  #release(): void {
    if (this.#descriptor === closed || this.#syncsUnderWay > 0) return;
    this.#openFiles.remove(this);
    fs.closeSync(this.#descriptor);
    this.#descriptor = closed;
  }
}
