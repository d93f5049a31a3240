// Decides what every member of a consumer group should have, and which records say so (C19).
import type { Instant } from '../../coordinator/outcome.js';
import type { AssignorMember } from '../assignors/assignor.js';
import type { ServerAssignors } from '../assignors/server-assignors.js';
import type { GroupTopics } from '../group-topics.js';
import { sameAssignment } from './assignment.js';
import type { ConsumerGroupDraft } from './consumer-group-draft.js';
import { regexOf, type ConsumerMember } from './consumer-member.js';
import { subscribedTopicsOf } from './subscribed-topics.js';

/** Brings the target assignment to the group's epoch; only what differs from the standing one is written. */
export function updateTargets(
  draft: ConsumerGroupDraft,
  assignors: ServerAssignors,
  topics: GroupTopics,
  now: Instant,
): void {
  const members = draft.members();
  const assignor = assignors.preferred(members);
  const topicIds = new TopicIdLists(draft, topics);
  const assignments = assignor.assign({
    members: members.map((member): AssignorMember => ({
      memberId: member.memberId,
      instanceId: member.metadata.instanceId,
      topicIds: topicIds.of(member),
      target: draft.target(member.memberId),
    })),
    partitionCount: (topicId) => topics.topicById(topicId)?.partitionCount ?? 0,
  });
  for (const [memberId, assignment] of assignments)
    if (!sameAssignment(assignment, draft.target(memberId))) draft.putTarget(memberId, assignment);
  draft.putTargetEpoch(draft.epoch, now.wallMs);
  draft.outcome.note('info', 'Computed a target assignment', {
    groupId: draft.group.groupId,
    epoch: draft.epoch,
    members: members.length,
    assignor: assignor.name,
  });
}

/** One list for all members with the same subscription. */
class TopicIdLists {
  readonly #draft: ConsumerGroupDraft;
  readonly #topics: GroupTopics;
  readonly #bySubscription = new Map<string, readonly string[]>();
  readonly #byTopics = new Map<string, readonly string[]>();

  constructor(draft: ConsumerGroupDraft, topics: GroupTopics) {
    this.#draft = draft;
    this.#topics = topics;
  }

  of(member: ConsumerMember): readonly string[] {
    // Neither names of topics nor the separators can contain these characters.
    const subscription = `${member.metadata.subscribedTopicNames.join(',')}/${regexOf(member.metadata) ?? ''}`;
    let list = this.#bySubscription.get(subscription);
    if (list === undefined) {
      list = this.#listOf(member);
      this.#bySubscription.set(subscription, list);
    }
    return list;
  }

  /** Different subscriptions may still come to the same topics. */
  #listOf(member: ConsumerMember): readonly string[] {
    const names = subscribedTopicsOf([member], (regex) => this.#draft.regex(regex));
    const ids: string[] = [];
    for (const name of [...names].sort()) {
      const topic = this.#topics.topicByName(name);
      if (topic !== undefined) ids.push(topic.topicId);
    }
    const key = ids.join(',');
    const known = this.#byTopics.get(key);
    if (known !== undefined) return known;
    this.#byTopics.set(key, ids);
    return ids;
  }
}
