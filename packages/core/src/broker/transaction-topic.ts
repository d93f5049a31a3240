// Decides how the transaction coordinator reaches its topic, `__transaction_state` (T2).
import { transactionStateTopic } from '../machines/controller/topic-name.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { CoordinatorTopic } from '../runtime/coordinator-shards.js';
import { coordinatorTopic } from './coordinator-topic.js';
import type { TopicRegistry } from './topic-registry.js';

export function transactionTopic(topics: TopicRegistry, diagnostics: Diagnostics): CoordinatorTopic {
  return coordinatorTopic({
    topics,
    diagnostics,
    name: transactionStateTopic,
    served: 'Transactions',
    replicationSetting: () =>
      `transaction.state.log.replication.factor is ${topics.config.values.transactionStateLogReplicationFactor}`,
  });
}
