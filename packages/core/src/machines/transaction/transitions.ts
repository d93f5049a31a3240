// Decides what a transactional id becomes with each transition (T4, T6, T10). Nothing here changes anything: the new value goes to the log.
import {
  epochBumpSince,
  noPartitions,
  noProducerEpoch,
  noProducerId,
  noTimestamp,
  type TransactionPartition,
  type TransactionPartitions,
  type TransactionValue,
} from './transaction-record.js';

const maxProducerEpoch = 0x7fff;

/** No client is given the largest epoch, so that whoever has the one before it can still be fenced. */
export function isEpochExhausted(producerEpoch: number): boolean {
  return producerEpoch >= maxProducerEpoch - 1;
}

/** A transactional id that was never heard of, before its first epoch. */
export function newTransaction(producerId: number, timeoutMs: number, wallMs: number): TransactionValue {
  return {
    producerId,
    producerEpoch: noProducerEpoch,
    lastProducerEpoch: noProducerEpoch,
    previousProducerId: noProducerId,
    nextProducerId: noProducerId,
    timeoutMs,
    state: 'Empty',
    partitions: noPartitions,
    startTimestampMs: noTimestamp,
    lastUpdateTimestampMs: wallMs,
    clientTransactionVersion: 0,
  };
}

/** What every transition leaves behind: the id that was there before it. */
function next(value: TransactionValue, changes: Partial<TransactionValue>): TransactionValue {
  return { ...value, previousProducerId: value.producerId, ...changes };
}

interface Initialization {
  readonly timeoutMs: number;
  readonly wallMs: number;
}

/** The producer starts, or starts over, under a new epoch. */
export function withEpoch(
  value: TransactionValue,
  epochs: { readonly producerEpoch: number; readonly lastProducerEpoch: number },
  { timeoutMs, wallMs }: Initialization,
): TransactionValue {
  return next(value, {
    ...epochs,
    timeoutMs,
    state: 'Empty',
    partitions: noPartitions,
    startTimestampMs: noTimestamp,
    lastUpdateTimestampMs: wallMs,
  });
}

/** The producer starts over under a new id, because the epochs of the old one are used up. */
export function withProducerId(
  value: TransactionValue,
  producerId: number,
  lastProducerEpoch: number,
  { timeoutMs, wallMs }: Initialization,
): TransactionValue {
  const epochs = { producerEpoch: 0, lastProducerEpoch };
  return { ...withEpoch(value, epochs, { timeoutMs, wallMs }), producerId };
}

/** The transaction has more partitions, or begins with them. */
export function withPartitions(
  value: TransactionValue,
  added: readonly TransactionPartition[],
  clientTransactionVersion: number,
  wallMs: number,
): TransactionValue {
  return next(value, {
    state: 'Ongoing',
    partitions: union(value.partitions, added),
    startTimestampMs: value.state === 'Ongoing' ? value.startTimestampMs : wallMs,
    lastUpdateTimestampMs: wallMs,
    clientTransactionVersion,
  });
}

/** The outcome of the transaction is decided; from transaction.version 2 on with an epoch for its markers and the next one. */
export function prepared(
  value: TransactionValue,
  result: 'commit' | 'abort',
  clientTransactionVersion: number,
  nextProducerId: number,
  wallMs: number,
): TransactionValue {
  const bumps = clientTransactionVersion >= epochBumpSince;
  return next(value, {
    state: result === 'commit' ? 'PrepareCommit' : 'PrepareAbort',
    producerEpoch: bumps ? Math.min(value.producerEpoch + 1, maxProducerEpoch) : value.producerEpoch,
    lastProducerEpoch: bumps ? value.producerEpoch : value.lastProducerEpoch,
    nextProducerId,
    startTimestampMs: value.state === 'Ongoing' ? value.startTimestampMs : wallMs,
    lastUpdateTimestampMs: wallMs,
    clientTransactionVersion,
  });
}

/** The producer is shut out before its transaction is aborted. */
export function fenced(value: TransactionValue): TransactionValue {
  return {
    ...value,
    producerEpoch: Math.min(value.producerEpoch + 1, maxProducerEpoch),
    lastProducerEpoch: noProducerEpoch,
  };
}

/** All markers are written. */
export function completed(value: TransactionValue, wallMs: number): TransactionValue {
  const takesNextId =
    value.clientTransactionVersion >= epochBumpSince && value.nextProducerId !== noProducerId;
  return next(value, {
    state: value.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    producerId: takesNextId ? value.nextProducerId : value.producerId,
    producerEpoch: takesNextId ? 0 : value.producerEpoch,
    nextProducerId: noProducerId,
    partitions: noPartitions,
    lastUpdateTimestampMs: wallMs,
  });
}

function union(
  partitions: TransactionPartitions,
  added: readonly TransactionPartition[],
): TransactionPartitions {
  const all = new Map<string, Set<number>>();
  for (const [topic, numbers] of partitions) all.set(topic, new Set(numbers));
  for (const { topic, partition } of added) {
    const numbers = all.get(topic);
    if (numbers === undefined) all.set(topic, new Set([partition]));
    else numbers.add(partition);
  }
  return all;
}
