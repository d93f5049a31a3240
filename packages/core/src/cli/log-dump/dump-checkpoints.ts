// Decides what is shown of the small files of a log directory: producer snapshots, checkpoints, partition.metadata, meta.properties.
import { readFileSync } from 'node:fs';

import {
  CheckpointFormatError,
  decodeEpochCheckpoint,
  decodeMetaProperties,
  decodeOffsetCheckpoint,
  decodePartitionMetadata,
} from '../../machines/log/checkpoint-formats.js';
import { decodeProducerSnapshot } from '../../machines/log/producer-snapshot.js';
import type { DumpSink } from './dump-sink.js';

export function dumpSnapshot(sink: DumpSink, path: string): void {
  const states = decodeProducerSnapshot(readFileSync(path));
  if (states === null) {
    sink.problem('it is no producer snapshot, or its checksum fails');
    return;
  }
  for (const { batches, ...state } of states) {
    const last = batches.at(-1);
    sink.entry('producer', {
      producerId: state.producerId,
      producerEpoch: state.producerEpoch,
      coordinatorEpoch: state.coordinatorEpoch,
      currentTransactionFirstOffset:
        state.currentTransactionFirstOffset < 0 ? null : state.currentTransactionFirstOffset,
      lastTimestamp: state.lastTimestamp,
      firstSequence: last === undefined ? null : last.lastSequence - last.offsetDelta,
      lastSequence: last?.lastSequence ?? null,
      lastOffset: last?.lastOffset ?? null,
      offsetDelta: last?.offsetDelta ?? null,
    });
  }
}

type TextDump = (sink: DumpSink, text: string) => void;

const dumpOffsets: TextDump = (sink, text) => {
  for (const entry of decodeOffsetCheckpoint(text)) sink.entry('offset', { ...entry });
};

const textDumps: Readonly<Record<string, TextDump>> = {
  'leader-epoch-checkpoint': (sink, text) => {
    let last = { epoch: -1, startOffset: -1 };
    for (const entry of decodeEpochCheckpoint(text)) {
      sink.entry('leader-epoch', { ...entry });
      if (entry.epoch <= last.epoch || entry.startOffset < last.startOffset) {
        sink.problem(
          `epoch ${entry.epoch} from offset ${entry.startOffset} does not rise over the entry before`,
        );
      }
      last = entry;
    }
  },
  'recovery-point-offset-checkpoint': dumpOffsets,
  'replication-offset-checkpoint': dumpOffsets,
  'log-start-offset-checkpoint': dumpOffsets,
  'cleaner-offset-checkpoint': dumpOffsets,
  'partition.metadata': (sink, text) => sink.entry('partition', { topicId: decodePartitionMetadata(text) }),
  'meta.properties': (sink, text) => sink.entry('node', { ...decodeMetaProperties(text) }),
};

export function isTextFile(name: string): boolean {
  return Object.hasOwn(textDumps, name);
}

export function dumpTextFile(sink: DumpSink, path: string, name: string): void {
  try {
    textDumps[name]?.(sink, readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof CheckpointFormatError)) throw error;
    sink.problem(error.message);
  }
}
