// Decides which transaction the code that runs now belongs to. What Spring binds to a thread is bound to the asynchronous flow.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { KafkaTransaction } from './kafka-transaction.js';

/** Who began it: the manager (a method, a listener container), or one `executeInTransaction`. */
export type TransactionKind = 'managed' | 'local';

interface TransactionContext {
  /** The producer factory whose templates take part. */
  readonly factory: object;
  /** Null where an outer transaction is suspended. */
  readonly transaction: KafkaTransaction | null;
  readonly kind: TransactionKind;
  readonly outer: TransactionContext | undefined;
}

const storage = new AsyncLocalStorage<TransactionContext>();

/** Runs the callback, and all that it awaits, inside the transaction; with null, outside of any of that factory. */
export function withTransaction<T>(
  factory: object,
  transaction: KafkaTransaction | null,
  kind: TransactionKind,
  callback: () => T,
): T {
  return storage.run({ factory, transaction, kind, outer: storage.getStore() }, callback);
}

/** Runs what outlives the transaction that happened to start it. */
export function outsideTransactions<T>(callback: () => T): T {
  return storage.exit(callback);
}

/** The innermost transaction of the factory, over or not; null when there is none. */
export function currentTransaction(factory: object): KafkaTransaction | null {
  return contextOf(factory)?.transaction ?? null;
}

/** Who began the innermost transaction of the factory. */
export function currentKind(factory: object): TransactionKind | null {
  const context = contextOf(factory);
  return context === undefined || context.transaction === null ? null : context.kind;
}

function contextOf(factory: object): TransactionContext | undefined {
  let context = storage.getStore();
  while (context !== undefined && context.factory !== factory) {
    context = context.outer;
  }
  return context;
}
