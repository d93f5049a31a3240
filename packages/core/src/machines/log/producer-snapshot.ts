// Decides the bytes of a `.snapshot` file, which keeps producer states over a restart (P11).
import { crc32c } from '../../foundation/crc32c.js';
import { readInt64, writeInt64 } from '../../foundation/int64.js';
import type { ProducerState } from './producer-states.js';

const version = 1;
const headerBytes = 10;
const entryBytes = 46;
const crcEnd = 6;

export function encodeProducerSnapshot(producers: Iterable<ProducerState>): Buffer {
  const states = [...producers];
  const bytes = Buffer.alloc(headerBytes + states.length * entryBytes);
  bytes.writeInt16BE(version, 0);
  bytes.writeInt32BE(states.length, crcEnd);
  let at = headerBytes;
  for (const state of states) {
    const last = state.batches.at(-1);
    writeInt64(bytes, state.producerId, at);
    bytes.writeInt16BE(state.producerEpoch, at + 8);
    bytes.writeInt32BE(last?.lastSequence ?? -1, at + 10);
    writeInt64(bytes, last?.lastOffset ?? -1, at + 14);
    bytes.writeInt32BE(last?.offsetDelta ?? 0, at + 22);
    writeInt64(bytes, state.lastTimestamp, at + 26);
    bytes.writeInt32BE(state.coordinatorEpoch, at + 34);
    writeInt64(bytes, state.currentTransactionFirstOffset, at + 38);
    at += entryBytes;
  }
  const used = bytes.subarray(0, at);
  used.writeUInt32BE(crc32c(used, crcEnd, used.length), 2);
  return used;
}

/** The producers of a snapshot; null when the file is damaged, and an older snapshot must serve. */
export function decodeProducerSnapshot(bytes: Buffer): ProducerState[] | null {
  if (bytes.length < headerBytes || bytes.readInt16BE(0) !== version) return null;
  if (bytes.readUInt32BE(2) !== crc32c(bytes, crcEnd, bytes.length)) return null;
  const count = bytes.readInt32BE(crcEnd);
  if (count < 0 || bytes.length !== headerBytes + count * entryBytes) return null;
  const states: ProducerState[] = [];
  for (let at = headerBytes; at < bytes.length; at += entryBytes) {
    const lastOffset = readInt64(bytes, at + 14);
    const lastTimestamp = readInt64(bytes, at + 26);
    const last = {
      lastSequence: bytes.readInt32BE(at + 10),
      lastOffset,
      offsetDelta: bytes.readInt32BE(at + 22),
      timestamp: lastTimestamp,
    };
    states.push({
      producerId: readInt64(bytes, at),
      producerEpoch: bytes.readInt16BE(at + 8),
      coordinatorEpoch: bytes.readInt32BE(at + 34),
      lastTimestamp,
      currentTransactionFirstOffset: readInt64(bytes, at + 38),
      batches: lastOffset >= 0 ? [last] : [],
    });
  }
  return states;
}
