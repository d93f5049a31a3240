// Decides which topics a test's groups see.
import { randomUuid } from '../../../src/foundation/uuid.js';
import { createSeededRandom } from '../../../src/io/memory/seeded-random.js';
import type { GroupTopics, ResolvedTopic } from '../../../src/machines/group/group-topics.js';

export class TestTopics implements GroupTopics {
  readonly #topics = new Map<string, ResolvedTopic>();
  readonly #random = createSeededRandom(11);
  version = 0;

  constructor(topics: Readonly<Record<string, number>> = {}) {
    for (const [name, partitionCount] of Object.entries(topics)) this.create(name, partitionCount);
  }

  create(name: string, partitionCount: number): string {
    const topicId = randomUuid(this.#random);
    this.#topics.set(name, { name, topicId, partitionCount });
    this.version++;
    return topicId;
  }

  grow(name: string, partitionCount: number): void {
    this.#topics.set(name, { ...this.#topics.get(name)!, partitionCount });
    this.version++;
  }

  delete(name: string): void {
    this.#topics.delete(name);
    this.version++;
  }

  id(name: string): string {
    return this.#topics.get(name)!.topicId;
  }

  topicByName(name: string): ResolvedTopic | undefined {
    return this.#topics.get(name);
  }

  topicById(topicId: string): ResolvedTopic | undefined {
    return [...this.#topics.values()].find((topic) => topic.topicId === topicId);
  }

  topicNames(): readonly string[] {
    return [...this.#topics.keys()];
  }
}
