// Decides how a failed file operation is told: what was tried, on which path, and what to do about it.

export type FileSystemErrorReason =
  | 'absent'
  | 'locked'
  | 'no-space'
  | 'not-permitted'
  | 'read-only'
  | 'too-many-files'
  | 'not-a-directory'
  | 'failed';

const advice: Readonly<Record<FileSystemErrorReason, string>> = {
  absent: 'the file or one of its directories does not exist',
  locked: 'it is in use by another running broker; stop that one, or choose another data directory',
  'no-space': 'the disk is full or the quota is reached; free space, then restart the broker',
  'not-permitted': 'permission was refused; check the owner and mode of the data directory',
  'read-only': 'the file system is mounted read-only; mount it writable, or choose another data directory',
  'too-many-files': 'too many files are open; raise the limit of open files (ulimit -n)',
  'not-a-directory': 'a directory was expected there; remove the file, or choose another data directory',
  failed: 'the operating system reported a fault; check the disk',
};

/** A file operation that did not succeed. `path` is relative to the root the file system was opened on. */
export class FileSystemError extends Error {
  override readonly name = 'FileSystemError';
  readonly reason: FileSystemErrorReason;
  readonly operation: string;
  readonly path: string;

  constructor(reason: FileSystemErrorReason, operation: string, path: string, cause?: unknown) {
    const detail =
      typeof cause === 'object' && cause !== null && 'message' in cause ? ` (${String(cause.message)})` : '';
    super(`Cannot ${operation} '${path}': ${advice[reason]}${detail}`, { cause });
    this.reason = reason;
    this.operation = operation;
    this.path = path;
  }
}
