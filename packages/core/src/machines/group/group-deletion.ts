// Decides which groups, and which of their offsets, may be deleted on request (C17).
import { ErrorCode } from '../../protocol/errors.js';
import { ConsumerGroupDraft } from './consumer/consumer-group-draft.js';
import { tombstones } from './consumer/tombstones.js';
import type { CommittedOffsets } from './committed-offsets.js';
import type { GroupOutcome } from './group-outcome.js';
import type { Group } from './group-store.js';

/** NONE, with the tombstones of the group and all its offsets, or why the group stays. */
export function deleteGroup(
  group: Group | undefined,
  offsets: CommittedOffsets,
  outcome: GroupOutcome,
): number {
  if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND;
  if (group.state !== 'Empty') return ErrorCode.NON_EMPTY_GROUP;
  const { groupId } = group;
  offsets.forEachOfGroup(groupId, (topic, partition) => {
    outcome.records.push({ kind: 'offset', groupId, topic, partition, value: null });
  });
  groupTombstones(group, outcome);
  return ErrorCode.NONE;
}

export function groupTombstones(group: Group, outcome: GroupOutcome): void {
  if (group.kind === 'consumer') tombstones(new ConsumerGroupDraft(group, outcome));
  else outcome.records.push({ kind: 'group', groupId: group.groupId, value: null });
}

export interface OffsetToDelete {
  readonly topic: string;
  readonly partition: number;
}

/** One error for all, or one error code for each offset, in their order. */
export type OffsetDeletion =
  | { readonly kind: 'refused'; readonly errorCode: number }
  | { readonly kind: 'done'; readonly errorCodes: readonly number[] };

/** Offsets of topics that the group reads stay; an offset that is not there is deleted already. */
export function deleteOffsets(
  group: Group | undefined,
  toDelete: readonly OffsetToDelete[],
  offsets: CommittedOffsets,
  outcome: GroupOutcome,
): OffsetDeletion {
  if (group === undefined) return { kind: 'refused', errorCode: ErrorCode.GROUP_ID_NOT_FOUND };
  if (group.kind === 'classic' && group.state !== 'Empty' && !group.usesConsumerProtocol)
    return { kind: 'refused', errorCode: ErrorCode.NON_EMPTY_GROUP };
  const { groupId } = group;
  const subscribed = group.subscribedTopics();
  const errorCodes = toDelete.map(({ topic, partition }) => {
    const isSubscribed = subscribed?.has(topic) ?? (group.kind === 'classic' && group.usesConsumerProtocol);
    if (isSubscribed) return ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC;
    if (offsets.has(groupId, topic, partition))
      outcome.records.push({ kind: 'offset', groupId, topic, partition, value: null });
    return ErrorCode.NONE;
  });
  return { kind: 'done', errorCodes };
}
