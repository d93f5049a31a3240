// Decides how the sender's requests reach the cluster, and how its errors become outcomes.
import { zeroUuid } from '../foundation/uuid.js';
import { apis } from '../protocol/api-keys.js';
import type { ProduceResponse } from '../protocol/messages/00-produce.js';
import type { ProduceTransport } from '../runtime/sender.js';
import type { TransportOutcome } from '../runtime/transport-outcome.js';
import { KafkaError } from './errors.js';
import { takeLeaderHint } from './leader-hints.js';
import type { Metadata } from './metadata.js';
import type { NetworkClient } from './network-client.js';
import type { RequestAttempt } from './pending-request.js';

/** What a producer without transactions asks for: its id is not bound to a timeout. */
const noTransactionTimeoutMs = 2 ** 31 - 1;

async function outcomeOf<Response>(attempt: RequestAttempt<Response>): Promise<TransportOutcome<Response>> {
  try {
    return { kind: 'answered', response: await attempt.response };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return { kind: 'failed', error, isRetriable: error.retriable, wasWritten: attempt.request.written };
  }
}

export function createProduceTransport(
  client: NetworkClient,
  metadata: Metadata,
  options: { readonly requestTimeoutMs: number },
): ProduceTransport {
  const timeoutMs = options.requestTimeoutMs;
  return {
    async produce(node, request, maxVersion): Promise<TransportOutcome<ProduceResponse>> {
      const expectsResponse = request.acks !== 0;
      const attempt = client.attempt(node, apis.produce, request, { timeoutMs, maxVersion, expectsResponse });
      const outcome = await outcomeOf(attempt);
      return outcome.kind === 'answered' && !expectsResponse ? { kind: 'unanswered' } : outcome;
    },
    initProducerId() {
      const response = client.send(
        'any',
        apis.initProducerId,
        { transactionalId: null, transactionTimeoutMs: noTransactionTimeoutMs },
        { timeoutMs },
      );
      return outcomeOf({ response, request: { written: true } });
    },
    topicId(topic) {
      // A topic that is written to stays asked for.
      metadata.addTopics([topic]);
      return metadata.topic(topic)?.topicId ?? zeroUuid;
    },
    requestMetadata: () => metadata.requestUpdate(),
    leaderHint(topic, answer, response) {
      const { index, currentLeader } = answer;
      takeLeaderHint(client, metadata, topic, index, currentLeader, response.nodeEndpoints);
    },
  };
}
