// A controller machine, and changes that are replayed through their bytes as a broker does it.
import { resolveBrokerConfig } from '../../../src/machines/controller/config/resolved-broker-config.js';
import type { BrokerConfig } from '../../../src/machines/controller/config/broker-configs.js';
import { ControllerMachine } from '../../../src/machines/controller/controller-machine.js';
import type { ControllerOutcome } from '../../../src/machines/controller/controller-outcome.js';
import {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type MetadataRecord,
  type MetadataRecordInput,
} from '../../../src/protocol/metadata/metadata-records.js';

export const topicIdOf = (index: number): string => `topic${String(index).padStart(16, '0')}A`;

export class ControllerHarness {
  machine: ControllerMachine;
  /** All that was ever written. */
  readonly log: MetadataRecord[] = [];
  readonly #config: Partial<BrokerConfig>;
  #topicIds = 0;

  constructor(config: Partial<BrokerConfig> = {}) {
    this.#config = config;
    this.machine = this.#newMachine();
  }

  readonly facts = {
    hasStrayDirectories: (name: string) => name === 'stray',
    newTopicId: () => topicIdOf(this.#topicIds++),
  };

  perform<Reply>({ records, reply }: ControllerOutcome<Reply>): Reply {
    this.write(records);
    return reply;
  }

  write(records: readonly MetadataRecordInput[]): void {
    for (const record of records) {
      const read = decodeMetadataRecord(encodeMetadataRecord(record))!;
      this.log.push(read);
      this.machine.replay(read);
    }
  }

  /** Another machine that is given the log. */
  restart(): void {
    this.machine = this.#newMachine();
    for (const record of this.log) this.machine.replay(record);
  }

  createTopics(...names: string[]): void {
    const topics = names.map((name) => ({
      name,
      numPartitions: 2,
      replicationFactor: 1,
      assignments: [],
      configs: [],
    }));
    this.perform(this.machine.handleCreateTopics({ topics, timeoutMs: 0, validateOnly: false }, this.facts));
  }

  #newMachine(): ControllerMachine {
    const config = resolveBrokerConfig(this.#config);
    return new ControllerMachine({ nodeId: 1, directoryId: 'directory000000000000A', config });
  }
}
