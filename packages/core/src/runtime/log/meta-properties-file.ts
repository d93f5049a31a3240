// Decides which cluster and node a data directory belongs to (L19): found in its file, or written there first.
import {
  CheckpointFormatError,
  decodeMetaProperties,
  encodeMetaProperties,
  type MetaProperties,
} from '../../machines/log/checkpoint-formats.js';
import type { FileSystem } from '../../ports/file-system.js';
import { LogDirectoryError } from './log-directory-error.js';
import { fileNames } from './log-names.js';
import { readTextFile, replaceFileDurably } from './text-files.js';

export interface DirectoryOwner {
  readonly nodeId: number;
  /** Absent: the directory's own, or a new one is made by `newUuid`. */
  readonly clusterId?: string;
  readonly newUuid: () => string;
}

/** Throws LogDirectoryError when the directory is another cluster's or node's. */
export async function openMetaProperties(
  fileSystem: FileSystem,
  { clusterId, nodeId, newUuid }: DirectoryOwner,
): Promise<MetaProperties> {
  const text = readTextFile(fileSystem, fileNames.metaProperties);
  if (text === null) {
    const created = { clusterId: clusterId ?? newUuid(), nodeId, directoryId: newUuid() };
    await replaceFileDurably(fileSystem, fileNames.metaProperties, encodeMetaProperties(created));
    return created;
  }
  const found = readAs(fileNames.metaProperties, text, decodeMetaProperties);
  if (clusterId !== undefined && clusterId !== found.clusterId) {
    const what = `it belongs to cluster ${found.clusterId}, not ${clusterId}; give that cluster id or another data directory`;
    throw new LogDirectoryError(fileNames.metaProperties, what);
  }
  if (nodeId !== found.nodeId) {
    const what = `it belongs to node ${found.nodeId}, not ${nodeId}; give that node id or another data directory`;
    throw new LogDirectoryError(fileNames.metaProperties, what);
  }
  return found;
}

/** Decodes a small file; damage names the file. */
export function readAs<T>(path: string, text: string, decode: (text: string) => T): T {
  try {
    return decode(text);
  } catch (error) {
    if (error instanceof CheckpointFormatError) throw new LogDirectoryError(path, error.message, error);
    throw error;
  }
}
