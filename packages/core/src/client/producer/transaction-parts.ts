// Decides what a producer with a transactional id is made of beyond the others.
import type { ProducerBatch } from '../../machines/producer/producer-batch.js';
import type { RecordAccumulator } from '../../machines/producer/record-accumulator.js';
import { TransactionManager } from '../../machines/producer/transaction-manager.js';
import type { Random } from '../../ports/random.js';
import { SenderTransactions } from '../../runtime/sender-transactions.js';
import type { NetworkClient } from '../network-client.js';
import { createTransactionTransport } from './transaction-transport.js';
import type { ProducerTransactions } from './transactions.js';

/** Null without a transactional id. */
export function transactionManagerOf(
  config: { readonly transactionalId: string | null; readonly transactionTimeoutMs: number },
  backoff: { readonly retryBackoffMs: number; readonly retryBackoffMaxMs: number },
  random: Random,
): TransactionManager | null {
  const { transactionalId, transactionTimeoutMs } = config;
  if (transactionalId === null) return null;
  const { retryBackoffMs, retryBackoffMaxMs } = backoff;
  return new TransactionManager(
    { transactionalId, transactionTimeoutMs, retryBackoffMs, retryBackoffMaxMs },
    random,
  );
}

export function senderTransactionsOf<Receiver>(
  manager: TransactionManager,
  accumulator: RecordAccumulator<Receiver>,
  client: NetworkClient,
  config: { readonly requestTimeoutMs: number },
  producer: {
    /** Set once the sender is made, which it is made with. */
    readonly transactions: () => ProducerTransactions | null;
    readonly hasParkedSends: () => boolean;
    readonly onDropped: (batch: ProducerBatch<Receiver>, error: Error) => void;
  },
): SenderTransactions<Receiver> {
  return new SenderTransactions(
    manager,
    accumulator,
    createTransactionTransport(client, config),
    client.ports.clock,
    {
      onSettled: (settlements) => producer.transactions()?.settled(settlements),
      onDropped: (batch) => {
        const error = producer.transactions()?.errorOfDropped();
        if (error !== undefined) producer.onDropped(batch, error);
      },
      hasParkedSends: producer.hasParkedSends,
    },
  );
}
