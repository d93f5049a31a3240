// Decides the error that a send rejects with when its batch was not delivered.
import type { ProducerBatch } from '../../machines/producer/producer-batch.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { DeliveryFailure } from '../../runtime/sender-delivery.js';
import { brokerError, ConnectionError, KafkaError, RecordTooLargeError, TimeoutError } from '../errors.js';

function because(error: Error | null): string {
  return error === null ? '' : `; last: ${error.message}`;
}

/** How messages name a broker. */
type NodeName = (nodeId: number) => string;

/** The broker that refused the batch. */
function brokerOf({ nodeId }: ProducerBatch, nodeName: NodeName): string {
  return nodeId < 0 ? '' : ` on ${nodeName(nodeId)}`;
}

/** What befell a request to a broker, told of the partition. */
function transportError(error: Error, place: string): Error {
  const text = `Cannot write to ${place}: ${error.message}`;
  if (error instanceof ConnectionError) {
    const code = error.code === 'DISCONNECTED' ? 'DISCONNECTED' : 'CONNECTION_FAILED';
    return new ConnectionError(text, { code, cause: error });
  }
  if (error instanceof TimeoutError) return new TimeoutError(text, { cause: error });
  return error instanceof KafkaError ? error : new KafkaError(text, { code: 'SEND_FAILED', cause: error });
}

/** The error for the whole batch. */
function batchError(batch: ProducerBatch, failure: DeliveryFailure, nodeName: NodeName): Error {
  const place = `${batch.queue.topic}-${batch.queue.partition}`;
  switch (failure.kind) {
    case 'refused':
      if (
        failure.errorCode === ErrorCode.MESSAGE_TOO_LARGE ||
        failure.errorCode === ErrorCode.RECORD_LIST_TOO_LARGE
      ) {
        return new RecordTooLargeError(
          `A record of about ${batch.sizeBytes} bytes is too large for ${place}${brokerOf(batch, nodeName)}; raise max.message.bytes of the topic, or send less at once`,
          { errorCode: failure.errorCode },
        );
      }
      return brokerError(
        failure.errorCode,
        `Cannot write to ${place}${brokerOf(batch, nodeName)}`,
        failure.message,
      );
    case 'expired':
      return new TimeoutError(
        `${batch.recordCount} records for ${place} were not acknowledged within ${Math.round(failure.ageMs)} ms (deliveryTimeoutMs)${because(failure.error)}`,
        { cause: failure.error ?? undefined },
      );
    case 'transport':
      return transportError(failure.error, place);
    case 'no-producer-id':
      return brokerError(failure.errorCode, 'Cannot get a producer id, which enableIdempotence needs');
  }
}

/** Tells every record of a batch why it failed; records that the broker blamed get its words. */
export function errorsOf(
  batch: ProducerBatch,
  failure: DeliveryFailure,
  nodeName: NodeName,
): (index: number) => Error {
  const common = batchError(batch, failure, nodeName);
  if (failure.kind !== 'refused' || failure.recordErrors.size === 0) return () => common;
  const { recordErrors, errorCode } = failure;
  const place = `${batch.queue.topic}-${batch.queue.partition}${brokerOf(batch, nodeName)}`;
  const innocent = brokerError(
    errorCode,
    `Not written to ${place}, because another record of its batch was refused`,
  );
  return (index) =>
    recordErrors.has(index)
      ? brokerError(errorCode, `The broker refused a record for ${place}`, recordErrors.get(index) ?? null)
      : innocent;
}
