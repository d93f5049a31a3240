// Decides how the brokers learn that a consumer fetches no more, so that they need not keep its sessions (KIP-227).
import type { Fetcher } from '../../machines/consumer/fetcher.js';
import { apis } from '../../protocol/api-keys.js';
import type { FetchLoop } from '../../runtime/fetch-loop.js';
import type { NetworkClient } from '../network-client.js';
import type { ConsumerContext } from './consumer-context.js';
import type { ConsumerSettings } from './consumer-options.js';

/** A broker that does not answer forgets the session by itself; nobody waits longer for it. */
const patienceMs = 1000;

interface Fetching {
  readonly context: Pick<ConsumerContext, 'networkClient'>;
  readonly fetcher: Fetcher;
  readonly fetchLoop: FetchLoop;
  readonly settings: Pick<ConsumerSettings, 'requestTimeoutMs'>;
}

/** Ends the fetching, and resolves when the brokers have been told; never rejects. */
export async function endFetchSessions(
  { context, fetcher, fetchLoop, settings }: Fetching,
  remainingMs: number,
): Promise<void> {
  fetchLoop.close();
  const timeoutMs = Math.ceil(Math.min(remainingMs, settings.requestTimeoutMs, patienceMs));
  if (timeoutMs <= 0) return;
  const client: NetworkClient = context.networkClient;
  await Promise.allSettled(
    [...fetcher.endSessions()].map(([nodeId, request]) =>
      // Not over the connection of the fetches, where it would wait behind one that the broker holds.
      client.send(nodeId, apis.fetch, request, { timeoutMs }),
    ),
  );
}
