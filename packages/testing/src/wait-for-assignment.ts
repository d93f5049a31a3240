// Decides how a test waits until a listener has its partitions.
import type { INestApplicationContext } from '@nestjs/common';
import { KafkaListenerEndpointRegistry } from '@ottla/nest-transport';

/**
 * Resolves when the listener has at least that many partitions (default 1) and knows where to begin in them: it sees what is sent from
 * then on. Fails naming its state after the timeout.
 */
export async function waitForAssignment(
  app: INestApplicationContext,
  listenerId: string,
  options: { partitions?: number; timeoutMs?: number } = {},
): Promise<void> {
  await app
    .get(KafkaListenerEndpointRegistry, { strict: false })
    .get(listenerId)
    .assigned({ timeoutMs: 10_000, ...options });
}
