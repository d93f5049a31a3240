// Decides which FileSystemError a fault of node:fs becomes.
import { FileSystemError } from '../../foundation/file-system-error.js';
import type { FileSystemErrorReason } from '../../foundation/file-system-error.js';

const reasons: Readonly<Record<string, FileSystemErrorReason>> = {
  ENOENT: 'absent',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EACCES: 'not-permitted',
  EPERM: 'not-permitted',
  EROFS: 'read-only',
  EMFILE: 'too-many-files',
  ENFILE: 'too-many-files',
  ENOTDIR: 'not-a-directory',
  EEXIST: 'not-a-directory',
};

/** Turns what node:fs threw into a FileSystemError. */
export function fileSystemError(operation: string, path: string, cause: unknown): FileSystemError {
  if (cause instanceof FileSystemError) return cause;
  return new FileSystemError(reasons[systemCode(cause)] ?? 'failed', operation, path, cause);
}

/** The system's own name of an error, for example ENOENT; not by instanceof, which fails for errors of another realm. */
export function systemCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
