// Decides how an application sends records.
import { Inject, Injectable } from '@nestjs/common';
import type { PartitionInfo, Producer, ProducerRecord, RecordMetadata } from '@ottla/core';
import { DefaultKafkaProducerFactory } from './default-kafka-producer-factory.js';

/** What a send resolves with: topic, partition, offset and timestamp of the record once the broker has it. */
export type SendResult = RecordMetadata;

@Injectable()
export class KafkaTemplate<K = unknown, V = unknown> {
  constructor(
    @Inject(DefaultKafkaProducerFactory) private readonly producerFactory: DefaultKafkaProducerFactory,
  ) {}

  send(topic: string, value: V | null): Promise<SendResult>;
  send(topic: string, key: K | null, value: V | null): Promise<SendResult>;
  send(record: ProducerRecord<K, V>): Promise<SendResult>;
  send(first: string | ProducerRecord<K, V>, ...rest: readonly (K | V | null)[]): Promise<SendResult> {
    return this.#send(typeof first === 'string' ? recordOf(first, rest) : first);
  }

  /** Sends the records in order; resolves when the broker has all of them, rejects with the first failure. */
  sendMany(records: readonly ProducerRecord<K, V>[]): Promise<SendResult[]> {
    try {
      return this.#shared().sendMany(records);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Resolves when everything sent so far is acknowledged or has failed. */
  async flush(): Promise<void> {
    await this.#shared().flush();
  }

  async partitionsFor(topic: string): Promise<readonly PartitionInfo[]> {
    return this.#shared().partitionsFor(topic);
  }

  #send(record: ProducerRecord): Promise<SendResult> {
    try {
      return this.#shared().send(record);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  #shared(): Producer<unknown, unknown> {
    return this.producerFactory.producer();
  }
}

function recordOf(topic: string, rest: readonly unknown[]): ProducerRecord {
  return rest.length < 2 ? { topic, value: rest[0] } : { topic, key: rest[0], value: rest[1] };
}
