// Decides how records reach the listener without transactions: one after the other, and the offsets of what is done committed.
import type { FetchedRecord } from '@ottla/core';
import type { ListenerErrorHandler } from '../error-handling/listener-error-handler.js';
import type { AckMode } from './ack-mode.js';
import type { Delivery, DeliveryControl } from './delivery.js';
import {
  deliverRecord,
  handlerFailureDelayMs,
  listenerFailure,
  type DeliverySettings,
} from './listener-failure.js';
import type { OffsetCommitter } from './offset-committer.js';
import type { PartitionWork } from './partition-work.js';

export interface RecordDeliverySettings extends DeliverySettings {
  readonly ackMode: AckMode;
  readonly errorHandler: ListenerErrorHandler;
}

export class RecordDelivery implements Delivery {
  constructor(
    private readonly committer: OffsetCommitter,
    private readonly settings: RecordDeliverySettings,
  ) {}

  async deliver(works: readonly PartitionWork[], control: DeliveryControl): Promise<void> {
    for (const work of works) {
      await this.#handle(work, control);
      control.settle(work);
      await control.yield();
    }
    this.committer.commitSoon();
  }

  /** Handles records of one partition until they are done, one failed, or the loop has to end. */
  async #handle(work: PartitionWork, control: DeliveryControl): Promise<void> {
    const { records } = work;
    const first = work.next;
    while (!work.done && !control.ends && !work.revoked) {
      const record = records[work.next] as FetchedRecord<unknown, unknown>;
      try {
        const completion = deliverRecord(this.settings.invoke, record);
        if (completion !== undefined) {
          await completion;
        }
      } catch (error) {
        if (!(await this.#afterFailure(work, record, error))) {
          break;
        }
      }
      work.advanceTo(work.next + 1);
      if (this.settings.ackMode === 'record' && !work.revoked) {
        this.#note(work);
        await this.committer.flush();
      }
    }
    if (work.next > first && !work.revoked) {
      this.#note(work);
    }
  }

  /** Whether the record counts as done; if not, its partition is held back until the retry is due. */
  async #afterFailure(
    work: PartitionWork,
    record: FetchedRecord<unknown, unknown>,
    error: unknown,
  ): Promise<boolean> {
    const failure = listenerFailure(this.settings, record, error, work.failed(work.next));
    let delayMs = handlerFailureDelayMs;
    try {
      const decision = await this.settings.errorHandler.handle(failure);
      if (decision.kind === 'skip') {
        return true;
      }
      delayMs = decision.delayMs;
    } catch (handlerError) {
      this.settings.onErrorHandlerFailure(failure, handlerError);
    }
    work.dueMs = performance.now() + delayMs;
    return false;
  }

  #note(work: PartitionWork): void {
    const last = work.records[work.next - 1];
    if (last !== undefined) {
      this.committer.note(work.partition, last.offset + 1);
    }
  }
}
