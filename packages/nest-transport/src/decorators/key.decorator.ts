// Decides `@Key`: the record's key as a parameter.
import { markParameter, type Pipe } from './listener-parameter.js';

/** Passes the record's deserialized key; null when it has none. */
export function Key(...pipes: Pipe[]): ParameterDecorator {
  return markParameter('key', undefined, pipes);
}
