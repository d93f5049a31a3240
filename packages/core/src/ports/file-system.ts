// Decides the few things the engine does with files: append, read a range, truncate, sync, rename, remove, list.

/**
 * Calls are synchronous because they meet the page cache, not the disk (see docs/adr); only `sync`, which waits for the disk,
 * is asynchronous. Paths use '/' and are relative to the root the file system was opened on.
 */
export interface FileSystem {
  /** Opens a file for reading and appending; creates it, but not its directory, when it is absent and `create` is set. */
  open(path: string, options: { readonly create: boolean }): File;
  /** Whether there is a file or a directory. */
  exists(path: string): boolean;
  /** Names of the entries of a directory, unsorted; empty when there is no such directory. */
  list(directory: string): string[];
  /** Makes a directory and those above it; nothing happens when it is there. */
  makeDirectory(directory: string): void;
  /** Atomically replaces `to` when it exists. */
  rename(from: string, to: string): void;
  /** Removes a file, or a directory with all it holds; nothing happens when it is absent. */
  remove(path: string): void;
  /** Makes renames and removals in a directory durable. */
  syncDirectory(directory: string): Promise<void>;
  /** Bytes of a whole file. */
  readFile(path: string): Buffer;
  /** Modification time in milliseconds since 1970. */
  modifiedMs(path: string): number;
  /** Sets the modification time. */
  setModifiedMs(path: string, timeMs: number): void;
  /** Takes an exclusive lock on a file, creating it; throws a FileSystemError with reason 'locked' while another live user holds it. */
  lock(path: string): FileLock;
}

/** A lock on a file, until it is released or the process ends. */
export interface FileLock {
  /** Lets others have it. */
  release(): void;
}

/** An open file. */
export interface File {
  /** As it was opened. */
  readonly path: string;
  /** Its size now. */
  readonly sizeBytes: number;
  /** Appends the buffers in order as one write; throws a FileSystemError and leaves the size at what was really written. */
  append(buffers: readonly Buffer[]): void;
  /** Reads up to `length` bytes at `position` into `target`; returns how many there were. */
  read(target: Buffer, targetOffset: number, length: number, position: number): number;
  /** Cuts the end off. */
  truncate(sizeBytes: number): void;
  /** Resolves when all that was appended before the call is on the disk. */
  sync(): Promise<void>;
  /** Lets go of the file; what was appended stays. */
  close(): void;
}
