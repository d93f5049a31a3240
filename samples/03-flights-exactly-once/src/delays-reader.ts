// Decides how the end of the pipeline is read: what is committed, and nothing else.
import { Inject, Injectable } from '@nestjs/common';
import type { Consumer, TopicPartition } from '@ottla/core';
import { DefaultKafkaConsumerFactory } from '@ottla/nest-transport';
import type { Delay } from './flight.js';
import type { Ledger } from './ledger.js';
import { RUN, topicOf, type Run, type Stage } from './run.js';

const stalledAfterMs = 90_000;

@Injectable()
export class DelaysReader {
  readonly #consumer: Consumer<unknown, unknown>;

  constructor(
    private readonly factory: DefaultKafkaConsumerFactory,
    @Inject(RUN) private readonly run: Run,
  ) {
    // Consumers of the application's factory are read_committed.
    this.#consumer = factory.createConsumer({ autoOffsetReset: 'earliest', fetchMaxWaitMs: 100 });
  }

  /** Reads until that many records have come. */
  async read(records: number, ledger: Ledger, onProgress: (records: number) => void): Promise<void> {
    await this.#assign(this.#consumer, 'delays');
    let progressMs = performance.now();
    while (ledger.records < records) {
      if ((await this.#poll(ledger)) > 0) {
        progressMs = performance.now();
      } else if (performance.now() - progressMs > stalledAfterMs) {
        throw new Error(`nothing has come out for ${stalledAfterMs} ms, after ${ledger.records} flights`);
      }
      onProgress(ledger.records);
    }
  }

  /** Reads what is left when nobody sends any more. */
  async readToEnd(ledger: Ledger): Promise<void> {
    const ends = await this.#consumer.endOffsets(this.#consumer.assignment());
    while (!(await atEnd(this.#consumer, ends))) {
      await this.#poll(ledger);
    }
    await this.#consumer.close();
  }

  /** Records of all transactions, those that were never committed too. */
  async countAll(stage: Stage): Promise<number> {
    const consumer = this.factory.createConsumer({
      isolationLevel: 'read_uncommitted',
      autoOffsetReset: 'earliest',
    });
    try {
      await this.#assign(consumer, stage);
      const ends = await consumer.endOffsets(consumer.assignment());
      let count = 0;
      while (!(await atEnd(consumer, ends))) {
        count += (await consumer.poll({ timeoutMs: 500 })).count;
      }
      return count;
    } finally {
      await consumer.close();
    }
  }

  async #assign(consumer: Consumer<unknown, unknown>, stage: Stage): Promise<void> {
    const topic = topicOf(stage, this.run);
    const infos = await consumer.partitionsFor(topic);
    consumer.assign(infos.map(({ partition }) => ({ topic, partition })));
  }

  async #poll(ledger: Ledger): Promise<number> {
    const records = await this.#consumer.poll({ timeoutMs: 500 });
    for (const { value } of records) {
      ledger.add(value as Delay);
    }
    return records.count;
  }
}

async function atEnd(
  consumer: Consumer<unknown, unknown>,
  ends: readonly (TopicPartition & { readonly offset: number })[],
): Promise<boolean> {
  for (const end of ends) {
    if ((await consumer.position(end)) < end.offset) {
      return false;
    }
  }
  return true;
}
