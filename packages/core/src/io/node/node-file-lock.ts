// Decides who owns a lock file. Node has no flock: starters append a claim, and the first claim of a live process wins.
import * as fs from 'node:fs';
import { FileSystemError } from '../../foundation/file-system-error.js';
import type { FileLock } from '../../ports/file-system.js';
import { systemCode } from './node-file-error.js';

/**
 * Appends are ordered by the kernel, so two starters see the same first claim. A claim is dead when its process is gone, or (where
 * /proc tells) no longer has the file open; that also covers a reused process id and a worker thread that was terminated.
 */
export function lockFile(absolutePath: string, path: string): FileLock {
  const descriptor = fs.openSync(
    absolutePath,
    fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_APPEND,
    0o644,
  );
  try {
    const claim = `${process.pid} ${process.hrtime.bigint()}`;
    fs.writeSync(descriptor, `${claim}\n`);
    const claims = fs.readFileSync(absolutePath, 'utf8').split('\n');
    const inode = fs.fstatSync(descriptor).ino;
    for (const earlier of claims.slice(0, claims.indexOf(claim))) {
      const processId = Number.parseInt(earlier, 10);
      if (processId > 0 && isHeldBy(processId, inode)) {
        throw new FileSystemError(
          'locked',
          'lock',
          path,
          new Error(`${absolutePath} is held by process ${processId}`),
        );
      }
    }
  } catch (error) {
    fs.closeSync(descriptor);
    throw error;
  }
  let isHeld = true;
  return {
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      fs.ftruncateSync(descriptor, 0);
      fs.closeSync(descriptor);
    },
  };
}

function isHeldBy(processId: number, inode: number): boolean {
  try {
    process.kill(processId, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false;
  }
  const openHere = openDescriptors(processId, inode);
  // Our own process always has the file open once: the descriptor this claim was made with.
  if (openHere !== null) return openHere > (processId === process.pid ? 1 : 0);
  return true;
}

/** How many descriptors of a process are that file; null where the system does not tell. */
function openDescriptors(processId: number, inode: number): number | null {
  let names: string[];
  try {
    names = fs.readdirSync(`/proc/${processId}/fd`);
  } catch {
    return null;
  }
  let count = 0;
  for (const name of names) {
    try {
      if (fs.statSync(`/proc/${processId}/fd/${name}`).ino === inode) count += 1;
    } catch {
      // The descriptor was closed since it was listed, or it is not a file that can be looked at.
    }
  }
  return count;
}
