// Decides the text of the small files of a log directory (L19): offset and epoch checkpoints, partition.metadata, meta.properties.
import type { EpochEntry } from './leader-epoch-cache.js';

/** A file that is not what Kafka writes; it names the line. */
export class CheckpointFormatError extends Error {
  override readonly name = 'CheckpointFormatError';
}

export interface OffsetCheckpointEntry {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export function encodeOffsetCheckpoint(entries: readonly OffsetCheckpointEntry[]): string {
  return encodeLines(entries.map((entry) => `${entry.topic} ${entry.partition} ${entry.offset}`));
}

export function decodeOffsetCheckpoint(text: string): OffsetCheckpointEntry[] {
  return decodeLines(text, 3).map(([topic = '', partition = '', offset = '']) => ({
    topic,
    partition: integer(partition),
    offset: integer(offset),
  }));
}

export function encodeEpochCheckpoint(entries: readonly EpochEntry[]): string {
  return encodeLines(entries.map((entry) => `${entry.epoch} ${entry.startOffset}`));
}

export function decodeEpochCheckpoint(text: string): EpochEntry[] {
  return decodeLines(text, 2).map(([epoch = '', startOffset = '']) => ({
    epoch: integer(epoch),
    startOffset: integer(startOffset),
  }));
}

export function encodePartitionMetadata(topicId: string): string {
  return `version: 0\ntopic_id: ${topicId}`;
}

/** The topic id. */
export function decodePartitionMetadata(text: string): string {
  const fields = new Map(
    text.split('\n').flatMap((line) => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const];
    }),
  );
  const topicId = fields.get('topic_id');
  if (fields.get('version') !== '0' || topicId === undefined || topicId === '') {
    throw new CheckpointFormatError(
      `expected "version: 0" and "topic_id: …", found ${JSON.stringify(text.slice(0, 100))}`,
    );
  }
  return topicId;
}

export interface MetaProperties {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly directoryId: string;
}

export function encodeMetaProperties(properties: MetaProperties): string {
  return [
    'version=1',
    `cluster.id=${properties.clusterId}`,
    `node.id=${properties.nodeId}`,
    `directory.id=${properties.directoryId}`,
    '',
  ].join('\n');
}

/** Java's properties format, as far as these values use it: comments, '=' with spaces around. `directory.id` may be absent. */
export function decodeMetaProperties(text: string): MetaProperties {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const equals = line.indexOf('=');
    if (line.startsWith('#') || equals < 0) continue;
    fields.set(
      line.slice(0, equals).trim(),
      line
        .slice(equals + 1)
        .trim()
        .replaceAll('\\', ''),
    );
  }
  const clusterId = fields.get('cluster.id');
  const nodeId = fields.get('node.id');
  if (fields.get('version') !== '1' || clusterId === undefined || nodeId === undefined) {
    throw new CheckpointFormatError('expected version=1 with cluster.id and node.id');
  }
  return { clusterId, nodeId: integer(nodeId), directoryId: fields.get('directory.id') ?? '' };
}

export function encodeCleanShutdown(): string {
  return JSON.stringify({ version: 0, brokerEpoch: -1 });
}

function encodeLines(lines: readonly string[]): string {
  return `0\n${lines.length}\n${lines.map((line) => `${line}\n`).join('')}`;
}

function decodeLines(text: string, fieldCount: number): string[][] {
  const lines = text.split('\n');
  if (lines[0]?.trim() !== '0')
    throw new CheckpointFormatError(`unknown version ${JSON.stringify(lines[0])} on line 1`);
  const count = integer(lines[1] ?? '');
  const entries = lines.slice(2).filter((line) => line !== '');
  if (entries.length !== count) {
    throw new CheckpointFormatError(`line 2 promises ${count} entries, the file holds ${entries.length}`);
  }
  return entries.map((line, at) => {
    const fields = line.split(/\s+/);
    if (fields.length !== fieldCount)
      throw new CheckpointFormatError(`malformed line ${at + 3}: ${JSON.stringify(line)}`);
    return fields;
  });
}

function integer(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value)) {
    throw new CheckpointFormatError(`expected an integer, found ${JSON.stringify(text)}`);
  }
  return value;
}
