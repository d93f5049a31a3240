// Decides which assignors the coordinator has, and which of them a group uses (C19).
import type { ConsumerMember } from '../consumer/consumer-member.js';
import type { Assignor } from './assignor.js';
import { rangeAssignor } from './range-assignor.js';
import { uniformAssignor } from './uniform-assignor.js';

const known: ReadonlyMap<string, Assignor> = new Map(
  [uniformAssignor, rangeAssignor].map((assignor) => [assignor.name, assignor]),
);

export class ServerAssignors {
  readonly #byName = new Map<string, Assignor>();
  readonly #default: Assignor;

  /** `names` are those of group.consumer.assignors, the default first; at least one is known. */
  constructor(names: readonly string[]) {
    for (const name of names) {
      const assignor = known.get(name);
      if (assignor !== undefined) this.#byName.set(name, assignor);
    }
    this.#default = this.#byName.values().next().value ?? uniformAssignor;
  }

  get names(): string[] {
    return [...this.#byName.keys()];
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** The assignor that most members ask for. */
  preferred(members: Iterable<ConsumerMember>): Assignor {
    const votes = new Map<string, number>();
    for (const { metadata } of members)
      if (metadata.serverAssignor !== null)
        votes.set(metadata.serverAssignor, (votes.get(metadata.serverAssignor) ?? 0) + 1);
    let elected: Assignor | undefined;
    let most = 0;
    for (const [name, count] of votes) {
      const assignor = this.#byName.get(name);
      if (assignor === undefined || count <= most) continue;
      elected = assignor;
      most = count;
    }
    return elected ?? this.#default;
  }
}
