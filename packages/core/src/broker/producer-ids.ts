// Decides which producer ids are given out: never one twice, not even over a restart (T3).
import type { MetadataRecord } from '../protocol/metadata/metadata-records.js';
import type { MetadataLog } from './metadata-log.js';

/** Ids that one metadata record reserves. */
const blockSize = 1000;

export class ProducerIds {
  #next = 0;
  #blockEnd = 0;
  /** Pending reservations, so that an id is handed out only when its block is durable. */
  #reserved: Promise<void> = Promise.resolve();

  constructor(
    private readonly nodeId: number,
    private readonly metadataLog: MetadataLog,
  ) {}

  load(records: readonly MetadataRecord[]): void {
    for (const record of records) {
      if (record.kind !== 'producerIds') continue;
      this.#next = record.body.nextProducerId;
      this.#blockEnd = this.#next;
    }
  }

  /** The next id. */
  async next(): Promise<number> {
    if (this.#next === this.#blockEnd) {
      this.#blockEnd += blockSize;
      this.metadataLog.append([
        {
          kind: 'producerIds',
          body: { brokerId: this.nodeId, brokerEpoch: -1, nextProducerId: this.#blockEnd },
        },
      ]);
      this.#reserved = this.metadataLog.flush();
    }
    const id = this.#next++;
    await this.#reserved;
    return id;
  }
}
