// Decides the records that remove a consumer group whole, in the order in which a log that is read half way still makes sense.
import type { ConsumerGroupDraft } from './consumer-group-draft.js';

export function tombstones(draft: ConsumerGroupDraft): void {
  const { group, outcome } = draft;
  const { groupId } = group;
  const memberIds = draft.members().map(({ memberId }) => memberId);
  for (const memberId of memberIds)
    outcome.records.push({ kind: 'member-current', groupId, memberId, value: null });
  for (const memberId of memberIds)
    outcome.records.push({ kind: 'member-target', groupId, memberId, value: null });
  outcome.records.push({ kind: 'target-epoch', groupId, value: null });
  for (const memberId of memberIds)
    outcome.records.push({ kind: 'consumer-member', groupId, memberId, value: null });
  for (const regex of group.regexes.keys())
    outcome.records.push({ kind: 'regex', groupId, regex, value: null });
  if (group.hasTopicsRecord) outcome.records.push({ kind: 'consumer-topics', groupId, value: null });
  outcome.records.push({ kind: 'consumer-group', groupId, value: null });
}
