// Decides how a change to the cluster's metadata is made: the machine's records go to the log as one batch, then everybody hears of them.
import { randomUuid } from '../foundation/uuid.js';
import type { ControllerMachine } from '../machines/controller/controller-machine.js';
import type { ControllerOutcome } from '../machines/controller/controller-outcome.js';
import type { Random } from '../ports/random.js';
import type { MetadataRecord } from '../protocol/metadata/metadata-records.js';
import type { MetadataLog } from './metadata-log.js';

export class Controller {
  readonly #listeners: ((records: readonly MetadataRecord[]) => void)[] = [];

  constructor(
    readonly machine: ControllerMachine,
    private readonly metadataLog: MetadataLog,
    private readonly random: Random,
  ) {}

  /** Replays the metadata log and writes what it lacks; gives what was in it. */
  load(): readonly MetadataRecord[] {
    const records: MetadataRecord[] = [];
    this.metadataLog.replay((record) => {
      records.push(record);
      this.machine.replay(record);
    });
    this.perform(this.machine.handleStart());
    return records;
  }

  /** Called with the records of every change, after they are in the log and in the machine. */
  onChange(listener: (records: readonly MetadataRecord[]) => void): void {
    this.#listeners.push(listener);
  }

  /** Makes the change, all of it or nothing, and gives the reply; it is durable when `flush` resolves. Throws when the disk fails. */
  perform<Reply>({ records, reply }: ControllerOutcome<Reply>): Reply {
    if (records.length === 0) return reply;
    const written = this.metadataLog.append(records);
    for (const record of written) this.machine.replay(record);
    for (const listener of this.#listeners) listener(written);
    return reply;
  }

  /** Resolves when all changes so far are on the disk. */
  flush(): Promise<void> {
    return this.metadataLog.flush();
  }

  /** Where the metadata log ends and under which epoch it is led. */
  get metadataEnd(): { readonly endOffset: number; readonly leaderEpoch: number } {
    const { endOffset, leaderEpoch } = this.metadataLog;
    return { endOffset, leaderEpoch };
  }

  /** One that no topic has. */
  newTopicId(): string {
    let topicId = randomUuid(this.random);
    while (this.machine.image.topicById(topicId) !== undefined) topicId = randomUuid(this.random);
    return topicId;
  }
}
