// Decides which topics the members of a consumer group read, and when those topics have changed (C19).
import { murmur2 } from '../../../foundation/murmur2.js';
import type { GroupTopics } from '../group-topics.js';
import type { ResolvedRegex } from './consumer-group-record.js';
import { regexOf, type ConsumerMember } from './consumer-member.js';

/** Sums of two such numbers are exact. */
const hashRange = 2 ** 52;

export type RegexLookup = (regex: string) => ResolvedRegex | undefined;

/** Names of topics, whether they exist or not. */
export function subscribedTopicsOf(members: Iterable<ConsumerMember>, resolved: RegexLookup): Set<string> {
  const names = new Set<string>();
  const regexes = new Set<string>();
  for (const { metadata } of members) {
    for (const name of metadata.subscribedTopicNames) names.add(name);
    const regex = regexOf(metadata);
    if (regex !== null) regexes.add(regex);
  }
  for (const regex of regexes) for (const name of resolved(regex)?.topics ?? []) names.add(name);
  return names;
}

/**
 * A number that stands for the topics as they are: it changes when one of them comes, goes, is made anew or gets partitions. Kafka
 * computes another one; where it takes over our log, or we its, each group rebalances once.
 */
export function hashOfTopics(names: Iterable<string>, topics: GroupTopics): number {
  let hash = 0;
  for (const name of names) {
    const topic = topics.topicByName(name);
    if (topic === undefined) continue;
    const bytes = Buffer.from(`${topic.topicId}/${name}/${topic.partitionCount}/`);
    const high = murmur2(bytes) >>> 0;
    const low = murmur2(bytes, bytes.length - 1) >>> 12;
    hash = (hash + high * 2 ** 20 + low) % hashRange;
  }
  return hash;
}
