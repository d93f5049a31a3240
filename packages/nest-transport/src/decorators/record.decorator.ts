// Decides `@Record`: the whole record as a parameter.
import { markParameter, type Pipe } from './listener-parameter.js';

/** Passes the whole ConsumerRecord, key and value deserialized. */
export function Record(...pipes: Pipe[]): ParameterDecorator {
  return markParameter('record', undefined, pipes);
}
