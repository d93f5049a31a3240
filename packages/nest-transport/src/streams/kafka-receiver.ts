// Decides how an application reads topics as an Observable.
import { Inject, Injectable } from '@nestjs/common';
import { Observable } from 'rxjs';
import { DefaultKafkaConsumerFactory } from '../container/default-kafka-consumer-factory.js';
import { outsideTransactions } from '../transaction/transaction-context.js';
import { defaultMaxInFlight, Reception } from './reception.js';
import type { ReceiverRecord, ReceiveOptions } from './receiver-record.js';

/** Reactor Kafka's KafkaReceiver, with back-pressure from acks: RxJS has no demand, and operators would buffer without bound. */
@Injectable()
export class KafkaReceiver {
  readonly #active = new Map<Reception, Promise<void>>();

  constructor(
    @Inject(DefaultKafkaConsumerFactory) private readonly consumerFactory: DefaultKafkaConsumerFactory,
  ) {}

  /**
   * Records of the topics, one by one. Each subscription has a consumer of its own, which stops fetching while `maxInFlight`
   * records are not acked, commits as far as a partition's records are acked without a gap, and after unsubscribing waits for
   * late acks, commits and leaves the group. An error ends the stream once, after the consumer was closed.
   */
  receive<K = unknown, V = unknown>(options: ReceiveOptions): Observable<ReceiverRecord<K, V>> {
    checkReceiveOptions(options);
    return new Observable<ReceiverRecord<K, V>>((subscriber) => {
      const reset = options.autoOffsetReset;
      const consumer = this.consumerFactory.createConsumer({
        groupId: options.groupId,
        enableAutoCommit: false,
        maxPollRecords: options.maxInFlight ?? defaultMaxInFlight,
        ...(reset === undefined ? {} : { autoOffsetReset: reset }),
      });
      const reception = new Reception(consumer, options, {
        next: (record) => subscriber.next(record as ReceiverRecord<K, V>),
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
      const running = outsideTransactions(() => reception.run()).finally(() =>
        this.#active.delete(reception),
      );
      this.#active.set(reception, running);
      return () => reception.close();
    });
  }

  /** Ends every subscription: waits for its acks, commits, completes it. Called when the application stops. */
  async close(): Promise<void> {
    for (const reception of this.#active.keys()) {
      reception.close();
    }
    await this.closed();
  }

  /** Resolves when the consumers of all subscriptions that have ended are closed. */
  async closed(): Promise<void> {
    await Promise.all(this.#active.values());
  }
}

function checkReceiveOptions(options: ReceiveOptions): void {
  const { groupId, topics, topicPattern, maxInFlight } = options;
  if (typeof groupId !== 'string' || groupId === '') {
    throw new TypeError('receive() needs a groupId');
  }
  if ((topics === undefined) === (topicPattern === undefined) || topics?.length === 0) {
    throw new TypeError(`receive() of group ${groupId} needs either topics or topicPattern`);
  }
  if (maxInFlight !== undefined && (!Number.isInteger(maxInFlight) || maxInFlight < 1)) {
    throw new RangeError(
      `receive() of group ${groupId}: maxInFlight is ${maxInFlight}; a whole number from 1 is needed`,
    );
  }
}
