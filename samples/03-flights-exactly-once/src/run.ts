// Decides what all processes of one run agree on: its cluster and its topics.
import type { NewTopic } from '@ottla/core';

export interface Run {
  /** Part of the names of its topics, groups and transactions, so that runs on one cluster do not meet. */
  readonly id: string;
}

/** Injects the run. */
export const RUN = Symbol('run');

const partitions = 4;

export type Stage = 'flights' | 'departures' | 'delays';

export function topicOf(stage: Stage, run: Run): string {
  return `${stage}-${run.id}`;
}

export function topicsOf(run: Run): NewTopic[] {
  return (['flights', 'departures', 'delays'] as const).map((stage) => ({
    name: topicOf(stage, run),
    numPartitions: partitions,
  }));
}
