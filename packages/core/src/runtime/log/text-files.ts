// Decides how a small text file is replaced so that a crash leaves the old one or the new one (L19).
import { FileSystemError } from '../../foundation/file-system-error.js';
import type { FileSystem } from '../../ports/file-system.js';

/** Replaces a file at once; what the page cache holds survives the process, `syncTextFile` makes it survive the machine. */
export function replaceFile(fileSystem: FileSystem, path: string, content: string | Buffer): void {
  const temporary = `${path}.tmp`;
  fileSystem.remove(temporary);
  const file = fileSystem.open(temporary, { create: true });
  try {
    file.append([typeof content === 'string' ? Buffer.from(content) : content]);
  } finally {
    file.close();
  }
  fileSystem.rename(temporary, path);
}

/** Replaces a file and waits for the disk. */
export async function replaceFileDurably(
  fileSystem: FileSystem,
  path: string,
  content: string | Buffer,
): Promise<void> {
  const temporary = `${path}.tmp`;
  fileSystem.remove(temporary);
  const file = fileSystem.open(temporary, { create: true });
  try {
    file.append([typeof content === 'string' ? Buffer.from(content) : content]);
    await file.sync();
  } finally {
    file.close();
  }
  fileSystem.rename(temporary, path);
  const slash = path.lastIndexOf('/');
  await fileSystem.syncDirectory(slash < 0 ? '.' : path.slice(0, slash));
}

export async function syncFile(fileSystem: FileSystem, path: string): Promise<void> {
  const file = fileSystem.open(path, { create: false });
  try {
    await file.sync();
  } finally {
    file.close();
  }
}

/** The text of a file, or null when it does not exist. */
export function readTextFile(fileSystem: FileSystem, path: string): string | null {
  try {
    return fileSystem.readFile(path).toString('utf8');
  } catch (error) {
    if (error instanceof FileSystemError && (error.reason === 'absent' || error.reason === 'not-a-directory'))
      return null;
    throw error;
  }
}
