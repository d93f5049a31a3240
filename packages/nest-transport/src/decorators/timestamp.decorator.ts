// Decides `@Timestamp`: the record's timestamp as a parameter.
import { markParameter, type Pipe } from './listener-parameter.js';

/** Passes the record's timestamp in milliseconds since 1970-01-01 UTC. */
export function Timestamp(...pipes: Pipe[]): ParameterDecorator {
  return markParameter('timestamp', undefined, pipes);
}
