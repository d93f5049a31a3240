// Decides which topics a consumer's join metadata names, for the rules that must know them (C16, C17).
import { ByteReader } from '../../foundation/byte-reader.js';
import { codecFor } from '../../protocol/codec/codec.js';
import { consumerProtocolSubscription } from '../../protocol/messages/consumer-protocol.js';

const versionBytes = 2;
// Version 0 is a prefix of every later version, and the topics stand in it.
const subscription = codecFor(consumerProtocolSubscription, 0);

/** Null when the metadata is not a consumer subscription. */
export function subscribedTopicsOf(metadata: Buffer): readonly string[] | null {
  if (metadata.length < versionBytes) return null;
  try {
    return subscription.read(new ByteReader(metadata.subarray(versionBytes))).topics;
  } catch {
    return null;
  }
}
