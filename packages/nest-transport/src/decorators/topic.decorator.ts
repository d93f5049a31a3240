// Decides `@Topic`: the record's topic as a parameter.
import { markParameter, type Pipe } from './listener-parameter.js';

/** Passes the name of the topic that the record came from. */
export function Topic(...pipes: Pipe[]): ParameterDecorator {
  return markParameter('topic', undefined, pipes);
}
