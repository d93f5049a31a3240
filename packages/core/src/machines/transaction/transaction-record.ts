// Decides what the coordinator keeps of a transactional id (T1, T2); its bytes are decided in the runtime's serde.

/** Kafka's numbers of the states, as they stand in the log (T1). */
export const transactionStateIds = {
  Empty: 0,
  Ongoing: 1,
  PrepareCommit: 2,
  PrepareAbort: 3,
  CompleteCommit: 4,
  CompleteAbort: 5,
} as const;

export type TransactionState = keyof typeof transactionStateIds;

/** States that clients may filter by although no transaction is ever seen in them: Kafka has them in memory only. */
export const fleetingStates: ReadonlySet<string> = new Set(['Dead', 'PrepareEpochFence']);

/** Whether a text is one of Kafka's names of states. */
export function isTransactionState(name: string): name is TransactionState {
  return Object.hasOwn(transactionStateIds, name);
}

/** The level of transaction.version from which each transaction has an epoch of its own (KIP-890). */
export const epochBumpSince = 2;

export const noProducerId = -1;
export const noProducerEpoch = -1;
export const noTimestamp = -1;

/** The partitions of a transaction, by topic. */
export type TransactionPartitions = ReadonlyMap<string, ReadonlySet<number>>;

export const noPartitions: TransactionPartitions = new Map();

/** What is known of a transactional id. */
export interface TransactionValue {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** The epoch before the last change of it; −1 when there was none. The log has no place for it: it is −1 after a load, as in Kafka. */
  readonly lastProducerEpoch: number;
  /** The producer id before the last transition; it differs only right after a change of id. */
  readonly previousProducerId: number;
  /** The id that takes over once the markers are written; −1 when the id stays. */
  readonly nextProducerId: number;
  readonly timeoutMs: number;
  readonly state: TransactionState;
  readonly partitions: TransactionPartitions;
  /** −1 when no transaction is open. */
  readonly startTimestampMs: number;
  readonly lastUpdateTimestampMs: number;
  /** The level of transaction.version that the producer followed in its last transaction. */
  readonly clientTransactionVersion: number;
}

/** Null forgets the id. */
export interface TransactionRecord {
  readonly transactionalId: string;
  readonly value: TransactionValue | null;
}

/** A partition by name and number. */
export interface TransactionPartition {
  readonly topic: string;
  readonly partition: number;
}

export function* eachPartition(partitions: TransactionPartitions): Generator<TransactionPartition> {
  for (const [topic, numbers] of partitions) for (const partition of numbers) yield { topic, partition };
}

export function hasPartition(
  partitions: TransactionPartitions,
  { topic, partition }: TransactionPartition,
): boolean {
  return partitions.get(topic)?.has(partition) === true;
}

export function isPreparing({ state }: TransactionValue): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort';
}
