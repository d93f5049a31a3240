// Decides when committed offsets, and groups that hold nothing any more, are forgotten (C16).
import type { CommittedOffsets } from './committed-offsets.js';
import { groupTombstones } from './group-deletion.js';
import type { GroupOutcome } from './group-outcome.js';
import type { OffsetValue } from './group-record.js';
import type { Group } from './group-store.js';

/** Since when an offset of the group ages, or null while the group's offsets do not age at all. */
function ageOrigin(group: Group): ((value: OffsetValue) => number) | null {
  if (group.kind === 'consumer' || group.protocolType === null) return (value) => value.commitTimestampMs;
  if (group.state === 'Empty')
    return (value) => (group.stateTimestampMs < 0 ? value.commitTimestampMs : group.stateTimestampMs);
  if (group.state === 'Stable' && group.subscribedTopics() !== null)
    return (value) => value.commitTimestampMs;
  return null;
}

/** Writes tombstones for the group's expired offsets, and one for the group when nothing is left of it. */
export function expireOffsets(
  group: Group,
  offsets: CommittedOffsets,
  retentionMs: number,
  wallMs: number,
  outcome: GroupOutcome,
): void {
  const origin = ageOrigin(group);
  if (origin === null) return;
  let isEverythingExpired = true;
  const subscribed = group.subscribedTopics();
  for (const [topic, partitions] of offsets.ofGroup(group.groupId) ?? []) {
    const isSubscribed = subscribed?.has(topic) ?? (group.kind === 'classic' && group.usesConsumerProtocol);
    for (const [partition, { value }] of partitions) {
      const isExpired =
        value.expireTimestampMs >= 0
          ? wallMs >= value.expireTimestampMs
          : wallMs - origin(value) >= retentionMs;
      if (isSubscribed || !isExpired || offsets.isPending(group.groupId, topic, partition)) {
        isEverythingExpired = false;
        continue;
      }
      outcome.records.push({ kind: 'offset', groupId: group.groupId, topic, partition, value: null });
    }
  }
  if (!isEverythingExpired || group.state !== 'Empty') return;
  if (offsets.hasPending(group.groupId)) return;
  if (group.kind === 'classic' && group.pendingMembers.size > 0) return;
  groupTombstones(group, outcome);
}
