// Decides the next step of a member from what it has to what it should have (C21).
import {
  sameAssignment,
  stillOwns,
  type Assignment,
  type OwnedPartitions,
  type TopicPartitions,
} from './assignment.js';
import type { CurrentAssignment } from './consumer-member.js';

export interface Reconciliation {
  readonly targetEpoch: number;
  readonly target: Assignment;
  /** What the member says it owns; null when it does not say. */
  readonly owned: readonly TopicPartitions[] | null;
  /** The epoch that the member came with. */
  readonly shownEpoch: number;
  /** Whether another member has the partition, or has not given it up yet. */
  isHeldByOther(topicId: string, partition: number): boolean;
}

export function isReconciledTo(current: CurrentAssignment, targetEpoch: number): boolean {
  return current.state === 'stable' && current.memberEpoch === targetEpoch;
}

/** The member's next standing; the same object when nothing moves. */
export function reconcile(current: CurrentAssignment, towards: Reconciliation): CurrentAssignment {
  switch (current.state) {
    case 'stable':
      return current.memberEpoch === towards.targetEpoch
        ? current
        : nextAssignment(current, current.memberEpoch, towards);
    case 'unrevoked-partitions':
      return stillOwns(towards.owned, current.pendingRevocation)
        ? current
        : nextAssignment(current, current.memberEpoch + 1, towards);
    case 'unreleased-partitions':
      return nextAssignment(current, current.memberEpoch, towards);
    case 'unknown':
      // The caller fences a member in a state it does not know unless it owns nothing.
      return nextAssignment(current, towards.targetEpoch, towards);
  }
}

/** Revoke first; then take what is free; wait for the rest. */
function nextAssignment(
  current: CurrentAssignment,
  epochWhileRevoking: number,
  towards: Reconciliation,
): CurrentAssignment {
  const assigned = new Map<string, Map<number, number>>();
  const toRevoke = new Map<string, Map<number, number>>();
  for (const [topicId, partitions] of current.assigned)
    for (const [partition, epoch] of partitions) {
      const isKept = towards.target.get(topicId)?.has(partition) ?? false;
      put(isKept ? assigned : toRevoke, topicId, partition, epoch);
    }
  if (toRevoke.size > 0 && stillOwns(towards.owned, toRevoke))
    return moved(current, towards, epochWhileRevoking, 'unrevoked-partitions', assigned, toRevoke);
  let waits = false;
  for (const [topicId, partitions] of towards.target)
    for (const partition of partitions.keys()) {
      if (assigned.get(topicId)?.has(partition) ?? false) continue;
      if (towards.isHeldByOther(topicId, partition)) waits = true;
      else put(assigned, topicId, partition, towards.targetEpoch);
    }
  const state = waits ? 'unreleased-partitions' : 'stable';
  return moved(current, towards, towards.targetEpoch, state, assigned, new Map());
}

function put(
  owned: Map<string, Map<number, number>>,
  topicId: string,
  partition: number,
  epoch: number,
): void {
  const partitions = owned.get(topicId);
  if (partitions === undefined) owned.set(topicId, new Map([[partition, epoch]]));
  else partitions.set(partition, epoch);
}

function moved(
  current: CurrentAssignment,
  { shownEpoch }: Reconciliation,
  memberEpoch: number,
  state: CurrentAssignment['state'],
  assigned: OwnedPartitions,
  pendingRevocation: OwnedPartitions,
): CurrentAssignment {
  const previousMemberEpoch = memberEpoch === current.memberEpoch ? current.previousMemberEpoch : shownEpoch;
  const isSame =
    memberEpoch === current.memberEpoch &&
    state === current.state &&
    sameAssignment(assigned, current.assigned) &&
    sameAssignment(pendingRevocation, current.pendingRevocation);
  return isSame ? current : { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation };
}
