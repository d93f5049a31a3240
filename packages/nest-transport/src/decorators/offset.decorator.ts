// Decides `@Offset`: the record's offset as a parameter.
import { markParameter, type Pipe } from './listener-parameter.js';

/** Passes the record's offset in its partition. */
export function Offset(...pipes: Pipe[]): ParameterDecorator {
  return markParameter('offset', undefined, pipes);
}
