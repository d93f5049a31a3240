// Decides how a listener is told of partitions that come, go or are lost, and what happens to them meanwhile.
import type { SubscriptionState } from '../../machines/consumer/subscription-state.js';
import type { TopicPartition } from '../types.js';
import type { RebalanceListener } from './rebalance-listener.js';

export type PartitionNotice = 'assigned' | 'revoked' | 'lost';

/** Nothing is handed out of partitions that go, nor fetched, but they may be committed. */
function markRevoked(subscription: SubscriptionState, partitions: readonly TopicPartition[]): void {
  for (const { topic, partition } of partitions) {
    const state = subscription.partition(topic, partition);
    if (state !== undefined) state.beingRevoked = true;
  }
}

/** The assigned partitions, but for those whose going the listener is being told of already: it may leave the group meanwhile. */
export function untold(subscription: SubscriptionState): TopicPartition[] {
  return subscription.partitions
    .filter(({ beingRevoked }) => !beingRevoked)
    .map(({ topic, partition }) => ({ topic, partition }));
}

/** The call for `assigned` is made without partitions too, as Kafka does. */
export async function tellListener(
  listener: RebalanceListener,
  subscription: SubscriptionState,
  kind: PartitionNotice,
  partitions: readonly TopicPartition[],
): Promise<void> {
  if (kind === 'assigned') {
    await listener.onPartitionsAssigned?.(partitions);
    return;
  }
  if (partitions.length === 0) return;
  markRevoked(subscription, partitions);
  if (kind === 'lost' && listener.onPartitionsLost !== undefined) await listener.onPartitionsLost(partitions);
  else await listener.onPartitionsRevoked?.(partitions);
}
