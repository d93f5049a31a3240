// Decides when a consumer group becomes a classic one, and as what: when only members of the classic protocol are left (C25).
import type { Instant } from '../../coordinator/outcome.js';
import { ClassicGroup, consumerProtocolType } from '../classic-group.js';
import { ClassicMember } from '../classic-member.js';
import type { GroupConfig } from '../group-config.js';
import { groupTimerKey, type DowngradeCause } from '../group-outcome.js';
import type { GroupTopics } from '../group-topics.js';
import type { ConsumerGroupDraft } from './consumer-group-draft.js';
import type { ConsumerMember } from './consumer-member.js';
import { writeAssignment } from './embedded-protocol.js';
import { tombstones } from './tombstones.js';

export interface Remaining {
  readonly staying: readonly ConsumerMember[];
  readonly cause: DowngradeCause;
}

/** Writes the conversion where it is due; false where the group stays as it is. The live classic group grows out of its record. */
export function downgrade(
  draft: ConsumerGroupDraft,
  { staying, cause }: Remaining,
  config: GroupConfig,
  topics: GroupTopics,
  now: Instant,
): boolean {
  const { outcome } = draft;
  const { groupId } = draft.group;
  if (staying.length === 0 || staying.some(({ metadata }) => metadata.classic === null)) return false;
  const policy = config.groupConsumerMigrationPolicy;
  if ((policy !== 'bidirectional' && policy !== 'downgrade') || staying.length > config.groupMaxSize) {
    outcome.note('info', 'A consumer group without members of the consumer protocol is not downgraded', {
      groupId,
      policy,
      members: staying.length,
    });
    return false;
  }
  tombstones(draft);
  outcome.records.push(classicRecord(draft, staying, topics, now));
  outcome.setTimer(groupTimerKey.downgraded(groupId), 0, { kind: 'downgraded', groupId, cause });
  outcome.note('info', 'A consumer group becomes a classic group', { groupId, members: staying.length });
  return true;
}

function classicRecord(
  draft: ConsumerGroupDraft,
  staying: readonly ConsumerMember[],
  topics: GroupTopics,
  now: Instant,
): ReturnType<ClassicGroup['record']> {
  const classic = new ClassicGroup(draft.group.groupId, now.wallMs);
  classic.generation = draft.epoch;
  for (const { memberId, metadata } of staying) {
    const { instanceId, clientId, clientHost, rebalanceTimeoutMs } = metadata;
    const { sessionTimeoutMs, protocols } = metadata.classic ?? { sessionTimeoutMs: 0, protocols: [] };
    classic.add(
      new ClassicMember(
        { memberId, groupInstanceId: instanceId, clientId, clientHost },
        { rebalanceTimeoutMs, sessionTimeoutMs },
        protocols,
      ),
      consumerProtocolType,
    );
  }
  classic.protocolName = classic.selectProtocol();
  return classic.record(
    new Map(
      Array.from(classic.members.values(), (member) => [
        member.memberId,
        writeAssignment(draft.target(member.memberId), member.metadata(classic.protocolName), topics),
      ]),
    ),
  );
}
