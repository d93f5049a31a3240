// Decides `@Headers`: the record's headers as a parameter.
import { markParameter, type Pipe } from './listener-parameter.js';

/** Passes all headers of the record, in order, as raw bytes. */
export function Headers(...pipes: Pipe[]): ParameterDecorator {
  return markParameter('headers', undefined, pipes);
}
