// Decides how a transaction ends: committed, rolled back, or its producer given up.
import { Logger } from '@nestjs/common';
import { errorText } from '../errors.js';
import type { KafkaTransaction } from './kafka-transaction.js';
import { isAbortable, isProducerFenced, UnexpectedRollbackError } from './transaction-errors.js';

const logger = new Logger('KafkaTransactions');

/** Commits, or says why not; a transaction that can only be rolled back is, with an UnexpectedRollbackError. */
export async function commitTransaction(transaction: KafkaTransaction): Promise<void> {
  if (transaction.rollbackOnly) {
    const error = new UnexpectedRollbackError({ cause: transaction.rollbackCause });
    await rollbackTransaction(transaction, error);
    throw error;
  }
  const producer = transaction.enter('committing');
  try {
    await producer.commitTransaction();
  } catch (error) {
    await afterFailedCommit(transaction, error);
    throw error;
  }
  transaction.end('committed', 'usable');
}

/** An error that asks for the abort came before the commit was sent: the transaction is certainly not committed. */
async function afterFailedCommit(transaction: KafkaTransaction, error: unknown): Promise<void> {
  if (!isAbortable(error)) {
    warnOfFencing(transaction, error);
    transaction.end('failed', 'broken');
    return;
  }
  transaction.end('aborted', await abort(transaction, error));
}

/** Never fails: a producer that cannot abort is made anew, which ends its transaction too (T3). */
export async function rollbackTransaction(transaction: KafkaTransaction, cause: unknown): Promise<void> {
  transaction.enter('aborting');
  transaction.end('aborted', await abort(transaction, cause));
}

async function abort(transaction: KafkaTransaction, cause: unknown): Promise<'usable' | 'broken'> {
  try {
    await transaction.producerToEnd().abortTransaction();
    return 'usable';
  } catch (abortError) {
    const fenced = isProducerFenced(abortError) ? abortError : cause;
    if (!warnOfFencing(transaction, fenced)) {
      const why = cause === undefined ? '' : `; it was aborted because of ${errorText(cause)}`;
      logger.warn(
        `The transaction of ${transaction.transactionalId} could not be aborted, its producer is made anew: ${errorText(abortError)}${why}`,
      );
    }
    return 'broken';
  }
}

function warnOfFencing(transaction: KafkaTransaction, error: unknown): boolean {
  const fenced = isProducerFenced(error);
  if (fenced) {
    transaction.markFenced();
    logger.warn(
      `Producer ${transaction.transactionalId} was fenced and is made anew: another process uses the same transactionIdPrefix, or the transaction took longer than transactionTimeoutMs (${errorText(error)})`,
    );
  }
  return fenced;
}
