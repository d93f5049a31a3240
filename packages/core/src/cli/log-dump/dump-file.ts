// Decides which of Kafka's files a path is, by its name, and which files of a directory are dumped.
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import type { BatchDecompressors } from '../../protocol/records/attributes.js';
import { dumpSnapshot, dumpTextFile, isTextFile } from './dump-checkpoints.js';
import { dumpOffsetIndex, dumpTimeIndex, dumpTransactionIndex } from './dump-indexes.js';
import { dumpSegment } from './dump-segment.js';
import type { DumpSink } from './dump-sink.js';
import { decoderFor, showBytes, type DecoderName } from './record-decoders.js';

export interface DumpFileOptions {
  readonly isDeep: boolean;
  readonly withData: boolean;
  readonly decoder: DecoderName;
  readonly decompressors: BatchDecompressors;
}

type FileKind = 'segment' | 'offset-index' | 'time-index' | 'transaction-index' | 'snapshot' | 'text';

/** Extensions by which Kafka names files that it is about to put in place or to delete. */
const passingSuffix = /\.(deleted|cleaned|swap)$/;

const kindByExtension: Readonly<Record<string, FileKind>> = {
  log: 'segment',
  // A snapshot of the cluster metadata, which holds record batches.
  checkpoint: 'segment',
  index: 'offset-index',
  timeindex: 'time-index',
  txnindex: 'transaction-index',
  snapshot: 'snapshot',
};

export function fileKind(path: string): FileKind | null {
  const name = basename(path).replace(passingSuffix, '');
  if (isTextFile(name)) return 'text';
  const extension =
    /^(?:\d{20}(?:-\d{10})?|bootstrap)\.([a-z]+)$/.exec(name)?.[1] ??
    /\.(log|index|timeindex|txnindex|snapshot)$/.exec(name)?.[1];
  return extension === undefined ? null : (kindByExtension[extension] ?? null);
}

/** The files that a path stands for: itself, or those of a directory that Kafka writes, in the order of their names. */
export function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => fileKind(name) !== null && statSync(join(path, name)).isFile())
    .sort()
    .map((name) => join(path, name));
}

export async function dumpFile(sink: DumpSink, path: string, options: DumpFileOptions): Promise<void> {
  const { decompressors } = options;
  switch (fileKind(path)) {
    case 'segment': {
      const ownDecoder = decoderFor(options.decoder, basename(dirname(resolve(path))));
      const decoder = ownDecoder ?? (options.withData ? showBytes : null);
      const isDeep = options.isDeep || options.withData || ownDecoder !== null;
      return dumpSegment(sink, path, { isDeep, decoder, decompressors });
    }
    case 'offset-index':
      return dumpOffsetIndex(sink, path);
    case 'time-index':
      return dumpTimeIndex(sink, path);
    case 'transaction-index':
      return dumpTransactionIndex(sink, path, decompressors);
    case 'snapshot':
      return dumpSnapshot(sink, path);
    case 'text':
      return dumpTextFile(sink, path, basename(path));
    case null:
      sink.problem(
        'it is none of the files of a log: .log, .index, .timeindex, .txnindex, .snapshot, .checkpoint, a checkpoint, partition.metadata or meta.properties',
      );
  }
}
