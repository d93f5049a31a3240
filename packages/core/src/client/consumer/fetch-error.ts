// Decides what a failed fetch means for the application: a reset by policy, or an error that names the partition and offset.
import type { FetchFailure } from '../../machines/consumer/fetch-buffer.js';
import type { SubscriptionState } from '../../machines/consumer/subscription-state.js';
import type { Diagnostics } from '../../ports/diagnostics.js';
import { ErrorCode } from '../../protocol/errors.js';
import { brokerError, CorruptRecordError, type KafkaError } from '../errors.js';

/** Null when the reset policy took care of it. */
export function handleFetchFailure(
  failure: FetchFailure,
  subscription: SubscriptionState,
  diagnostics: Diagnostics,
  nodeName: (nodeId: number) => string,
): KafkaError | null {
  const { state } = failure;
  const { topic, partition } = state;
  switch (failure.kind) {
    case 'offsetOutOfRange': {
      const { offset } = failure;
      if (subscription.resetByPolicy(state)) {
        diagnostics.log('warn', 'The position is outside of the log; resetting it', {
          topic,
          partition,
          offset,
          autoOffsetReset: subscription.resetPolicyText,
        });
        return null;
      }
      const what = `Offset ${offset} of ${topic}-${partition} is outside of the log and autoOffsetReset is none; seek to another`;
      return brokerError(ErrorCode.OFFSET_OUT_OF_RANGE, what);
    }
    case 'refused':
      return brokerError(
        failure.errorCode,
        `Cannot fetch ${topic}-${partition} at offset ${state.position?.offset ?? -1} from ${nodeName(failure.nodeId)}`,
      );
    case 'corrupt': {
      const { offset, reason, cause } = failure;
      // What is buffered behind the damage is dropped, so that the application may seek past it.
      const position = state.position ?? { offset, offsetEpoch: -1 };
      state.seek(position.offset, position.offsetEpoch);
      return new CorruptRecordError(
        `The record batch at offset ${offset} of ${topic}-${partition} is corrupt: ${reason}; the position stays at ${position.offset}: seek past the batch to skip it`,
        { cause },
      );
    }
  }
}
