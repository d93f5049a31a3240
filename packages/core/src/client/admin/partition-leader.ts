// Decides which broker is asked about a partition: its leader.
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError } from '../errors.js';
import type { TopicPartition } from '../types.js';
import type { AdminContext } from './admin-context.js';

/** Throws, so that the call is tried again, while the partition has no leader. `what` begins the error's message. */
export async function leaderOf(
  { metadata }: AdminContext,
  { topic, partition }: TopicPartition,
  timeoutMs: number,
  what: string,
): Promise<number> {
  await metadata.ready(topic, timeoutMs, partition);
  const leader = metadata.view.partitionsOf(topic)[partition]?.leader ?? null;
  if (leader !== null) return leader;
  metadata.requestUpdate();
  throw brokerError(ErrorCode.LEADER_NOT_AVAILABLE, what);
}
