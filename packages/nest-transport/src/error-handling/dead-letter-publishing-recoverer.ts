// Decides where a record goes that cannot be handled: to its dead letter topic, as the bytes that it came as.
import { Logger } from '@nestjs/common';
import { SerializationError, type ProducerRecord } from '@ottla/core';
import { RawBytes } from '../serialization/raw-bytes.js';
import type { KafkaTemplate } from '../template/kafka-template.js';
import { deadLetterHeaders } from './dead-letter-headers.js';
import type { ListenerFailure } from './listener-error-handler.js';

/** Where a dead letter goes; without a partition, or with one that is not there, the producer chooses. */
export interface DeadLetterDestination {
  /** The dead letter topic. */
  readonly topic: string;
  /** Default: the producer's partitioner decides, by the key. */
  readonly partition?: number;
}

/** Who sends dead letters, and where to. */
export interface DeadLetterPublishingRecovererOptions {
  /** Default: the application's, or the one of the transactional listener's transaction manager. */
  readonly kafkaTemplate?: KafkaTemplate;
  /** Null drops the record, with a warning. Default: `<topic>-dlt`, the partition that the record came from. */
  readonly destinationResolver?: (failure: ListenerFailure) => DeadLetterDestination | null;
}

/**
 * Spring Kafka's DeadLetterPublishingRecoverer, for the `recoverer` of DefaultErrorHandler and DefaultAfterRollbackProcessor. In a
 * transactional listener the dead letter and the record's offset commit together.
 */
export class DeadLetterPublishingRecoverer {
  readonly #logger = new Logger('KafkaListener');
  readonly #kafkaTemplate: KafkaTemplate | undefined;
  readonly #destinationOf: (failure: ListenerFailure) => DeadLetterDestination | null;

  constructor(options: DeadLetterPublishingRecovererOptions = {}) {
    this.#kafkaTemplate = options.kafkaTemplate;
    this.#destinationOf = options.destinationResolver ?? sameTopicDlt;
  }

  /** Resolves when the brokers have the dead letter; rejects, so that the record is kept, when they do not. */
  async recover(failure: ListenerFailure): Promise<void> {
    const { record, error } = failure;
    const destination = this.#destinationOf(failure);
    const from = `${record.topic}-${record.partition}@${record.offset}`;
    if (destination === null) {
      this.#logger.warn(`Record ${from} has no dead letter topic and is dropped`);
      return;
    }
    if (destination.topic === record.topic && error instanceof SerializationError) {
      this.#logger.error(
        `Record ${from} cannot be read and would go back to the topic that it came from; it is dropped`,
      );
      return;
    }
    const template = this.#kafkaTemplate ?? failure.kafkaTemplate;
    const letter = await this.#letter(template, failure, destination);
    if (template.transactional && !template.inTransaction() && !template.allowNonTransactional) {
      await template.executeInTransaction((operations) => operations.send(letter));
    } else {
      await template.send(letter);
    }
  }

  async #letter(
    template: KafkaTemplate,
    failure: ListenerFailure,
    { topic, partition }: DeadLetterDestination,
  ): Promise<ProducerRecord> {
    const there = partition !== undefined && (await this.#exists(template, topic, partition));
    return {
      topic,
      key: raw(failure.rawKey),
      value: raw(failure.rawValue),
      headers: deadLetterHeaders(failure),
      ...(there ? { partition } : {}),
    };
  }

  async #exists(template: KafkaTemplate, topic: string, partition: number): Promise<boolean> {
    const partitions = await template.partitionsFor(topic);
    const exists = partitions.some((one) => one.partition === partition);
    if (!exists) {
      this.#logger.warn(
        `${topic} has no partition ${partition}, only ${partitions.length}; the producer chooses where the dead letter goes`,
      );
    }
    return exists;
  }
}

function sameTopicDlt({ record }: ListenerFailure): DeadLetterDestination {
  return { topic: `${record.topic}-dlt`, partition: record.partition };
}

function raw(bytes: Buffer | null): RawBytes | null {
  return bytes === null ? null : new RawBytes(bytes);
}
