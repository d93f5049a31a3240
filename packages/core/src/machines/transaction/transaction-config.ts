// Decides what the transaction coordinator can be told, under the names of Kafka's broker configs and with Kafka's defaults.

export interface TransactionConfig {
  /** `transaction.max.timeout.ms`: the longest timeout that a producer may ask for (T3). */
  readonly maxTimeoutMs: number;
  /** `transactional.id.expiration.ms`: how long an idle transactional id is remembered (T9). */
  readonly transactionalIdExpirationMs: number;
  /** `transaction.abort.timed.out.transaction.cleanup.interval.ms`: time between two looks for transactions past their timeout (T9). */
  readonly abortTimedOutIntervalMs: number;
  /** `transaction.remove.expired.transaction.cleanup.interval.ms`: time between two looks for idle transactional ids. */
  readonly removeExpiredIntervalMs: number;
  /** The cluster's level of the feature transaction.version; it counts where no client says its own. */
  readonly transactionVersion: () => number;
}

export const defaultTransactionConfig: TransactionConfig = {
  maxTimeoutMs: 900_000,
  transactionalIdExpirationMs: 604_800_000,
  abortTimedOutIntervalMs: 10_000,
  removeExpiredIntervalMs: 3_600_000,
  transactionVersion: () => 2,
};
