// Decides which texts are names of topics, and which topics are the broker's own (G7).

/** Topics that only the broker writes to. */
export const internalTopics: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
]);

export const consumerOffsetsTopic = '__consumer_offsets';
export const transactionStateTopic = '__transaction_state';
/** The metadata log's topic; it is no topic that a client can see. */
export const metadataTopic = '__cluster_metadata';

const longestTopicName = 249;

/** What is wrong with a topic name, or null when nothing is. */
export function topicNameProblem(name: string): string | null {
  if (name === '') return 'A topic name cannot be empty';
  if (name === '.' || name === '..') return `"${name}" cannot be a topic name`;
  if (name.length > longestTopicName) {
    return `A topic name has at most ${longestTopicName} characters, this one has ${name.length}`;
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `Topic name "${name}" has characters other than letters, digits, ".", "_" and "-"`;
  }
  return null;
}

/** Names of equal key collide: Kafka's metric names do not tell "." from "_". */
export function topicCollisionKey(name: string): string {
  return name.replaceAll('.', '_');
}
