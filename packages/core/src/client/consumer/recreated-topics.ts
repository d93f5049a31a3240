// Decides what happens to positions in a topic that was deleted and created again: they mean nothing in the new one.
import type { ClusterView } from '../../machines/consumer/cluster-view.js';
import type { SubscriptionState } from '../../machines/consumer/subscription-state.js';
import type { Diagnostics } from '../../ports/diagnostics.js';
import { NoOffsetForPartitionError } from '../errors.js';

/** Resets partitions whose topic has another id than before; the error tells of those that have no reset policy. */
export function resetRecreated(
  subscription: SubscriptionState,
  cluster: ClusterView,
  diagnostics: Diagnostics,
): NoOffsetForPartitionError | null {
  const homeless: string[] = [];
  const recreated = new Set<string>();
  for (const state of subscription.partitions) {
    const topicId = cluster.topicIdOf(state.topic);
    if (topicId === null || topicId === state.topicId) continue;
    const isOther = state.topicId !== null;
    state.topicId = topicId;
    if (!isOther || (state.position === null && state.phase === 'initializing')) continue;
    recreated.add(state.topic);
    if (!subscription.resetByPolicy(state)) {
      state.forget();
      homeless.push(state.key);
    }
  }
  for (const topic of recreated) {
    diagnostics.log('warn', 'The topic was deleted and created again; its positions are reset', {
      topic,
      autoOffsetReset: subscription.resetPolicyText,
    });
  }
  if (homeless.length === 0) return null;
  return new NoOffsetForPartitionError(
    `The topic of ${homeless.join(', ')} was deleted and created again, and autoOffsetReset is none; seek, or set it to earliest or latest`,
  );
}
