// Decides what a regular expression is that the coordinator matches topics with.
import { InvalidArgumentError } from '../errors.js';

/**
 * A regular expression in Google's RE2 syntax that the group's coordinator matches with the cluster's topics, those created later too
 * (KIP-848); for consumers with `groupProtocol: 'consumer'`. Kafka's `SubscriptionPattern`.
 */
export class SubscriptionPattern {
  /** The expression, which has to match the whole name of a topic. */
  readonly pattern: string;

  /** Throws an InvalidArgumentError for an empty expression; a wrong one is refused by the coordinator, in `poll()`. */
  constructor(pattern: string) {
    if (typeof pattern !== 'string' || pattern === '')
      throw new InvalidArgumentError('A SubscriptionPattern needs a regular expression in RE2 syntax');
    this.pattern = pattern;
  }
}
