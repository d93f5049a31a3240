// Decides how one fetch lists its partitions, and finds them again in the response by topic name or id.
import { zeroUuid } from '../../foundation/uuid.js';
import type { FetchRequestInput } from '../../protocol/messages/01-fetch.js';
import type { PartitionState } from './partition-state.js';

export interface PlannedPartition {
  readonly state: PartitionState;
  /** The state's incarnation when the fetch was planned. */
  readonly incarnation: number;
  readonly fetchOffset: number;
  readonly leaderEpoch: number;
  readonly topicId: string | null;
}

interface PlannedTopic {
  readonly name: string;
  readonly id: string | null;
  readonly partitions: Map<number, PlannedPartition>;
}

/** From this version on Fetch names topics by id only. */
const firstVersionWithTopicIds = 13;

export class FetchPlan {
  readonly partitions: PlannedPartition[] = [];
  maxBytes = 0;
  #request: FetchRequestInput | null = null;
  readonly #byName = new Map<string, PlannedTopic>();
  readonly #byId = new Map<string, PlannedTopic>();

  constructor(readonly nodeId: number) {}

  /** The highest version that may carry the plan: one topic without an id keeps all to names. */
  get versionCap(): number | null {
    for (const topic of this.#byName.values()) if (topic.id === null) return firstVersionWithTopicIds - 1;
    return null;
  }

  get request(): FetchRequestInput {
    if (this.#request === null) throw new Error('A fetch plan was sent before it was sealed');
    return this.#request;
  }

  add(planned: PlannedPartition): void {
    const { topic, partition } = planned.state;
    let plannedTopic = this.#byName.get(topic);
    if (plannedTopic === undefined) {
      plannedTopic = { name: topic, id: planned.topicId, partitions: new Map() };
      this.#byName.set(topic, plannedTopic);
      if (planned.topicId !== null) this.#byId.set(planned.topicId, plannedTopic);
    }
    plannedTopic.partitions.set(partition, planned);
    this.partitions.push(planned);
  }

  seal(request: FetchRequestInput, maxBytes: number): void {
    this.#request = request;
    this.maxBytes = maxBytes;
  }

  /** The partitions as a request names them; `only` those where it is given. */
  topics(partitionMaxBytes: number, only?: ReadonlySet<PlannedPartition>): FetchRequestInput['topics'] {
    const topics: FetchRequestInput['topics'][number][] = [];
    for (const topic of this.#byName.values()) {
      const partitions: FetchRequestInput['topics'][number]['partitions'][number][] = [];
      for (const [partition, planned] of topic.partitions) {
        if (only?.has(planned) === false) continue;
        const { leaderEpoch: currentLeaderEpoch, fetchOffset } = planned;
        partitions.push({ partition, currentLeaderEpoch, fetchOffset, partitionMaxBytes });
      }
      if (partitions.length > 0)
        topics.push({ topic: topic.name, topicId: topic.id ?? zeroUuid, partitions });
    }
    return topics;
  }

  /** Responses hold the name or the id, according to their version. */
  find(topicName: string, topicId: string, partition: number): PlannedPartition | undefined {
    const topic = topicName === '' ? this.#byId.get(topicId) : this.#byName.get(topicName);
    return topic?.partitions.get(partition);
  }
}
