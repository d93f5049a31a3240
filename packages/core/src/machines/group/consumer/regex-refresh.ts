// Decides which topics the expressions of a consumer group match, a bounded number at a time (C26).
import { LinearRegex } from '../../../foundation/regex/linear-regex.js';
import type { GroupTopics } from '../group-topics.js';

/** Matches tried before other requests come first. */
const matchesPerStep = 2_000;

interface Search {
  readonly regexes: readonly {
    readonly expression: string;
    readonly regex: LinearRegex;
    readonly topics: string[];
  }[];
  readonly names: readonly string[];
  readonly topicsVersion: number;
  next: number;
}

export interface RegexMatches {
  readonly topicsVersion: number;
  /** Names in order, by expression. */
  readonly topics: ReadonlyMap<string, readonly string[]>;
}

/** Soft state: after a restart everything is looked up again. */
export class RegexRefresh {
  /** The version of the broker's topics that all expressions were last found to be right for. */
  topicsVersion = -1;
  lastMs = Number.NEGATIVE_INFINITY;
  isScheduled = false;
  #search: Search | null = null;

  /** The next step: null while there is more to do. */
  step(expressions: Iterable<string>, topics: GroupTopics): RegexMatches | null {
    const search = (this.#search ??= startSearch(expressions, topics));
    const steps = Math.max(1, Math.floor(matchesPerStep / Math.max(1, search.regexes.length)));
    const end = Math.min(search.names.length, search.next + steps);
    for (; search.next < end; search.next++) {
      const name = search.names[search.next] ?? '';
      for (const { regex, topics: found } of search.regexes) if (regex.matches(name)) found.push(name);
    }
    if (search.next < search.names.length) return null;
    this.#search = null;
    return {
      topicsVersion: search.topicsVersion,
      topics: new Map(search.regexes.map(({ expression, topics: found }) => [expression, found.sort()])),
    };
  }
}

function startSearch(expressions: Iterable<string>, topics: GroupTopics): Search {
  const regexes: { expression: string; regex: LinearRegex; topics: string[] }[] = [];
  for (const expression of expressions) {
    const regex = compileRegex(expression);
    // One that an older log holds and that cannot be read matches nothing.
    if (typeof regex !== 'string') regexes.push({ expression, regex, topics: [] });
  }
  return { regexes, names: topics.topicNames(), topicsVersion: topics.version, next: 0 };
}

/** The expression, or what is wrong with it. */
export function compileRegex(expression: string): LinearRegex | string {
  try {
    return new LinearRegex(expression);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
