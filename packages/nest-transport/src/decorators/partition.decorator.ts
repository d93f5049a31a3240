// Decides `@Partition`: the record's partition as a parameter.
import { markParameter, type Pipe } from './listener-parameter.js';

/** Passes the number of the partition that the record came from. */
export function Partition(...pipes: Pipe[]): ParameterDecorator {
  return markParameter('partition', undefined, pipes);
}
