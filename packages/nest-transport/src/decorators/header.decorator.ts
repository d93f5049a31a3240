// Decides `@Header`: one header of the record as a parameter.
import { markParameter, type Pipe } from './listener-parameter.js';

/** How `@Header` finds and reads a header. */
export interface HeaderParameter {
  readonly name: string;
  /** `text` (UTF-8, the default) or the raw `bytes`. */
  readonly as: 'text' | 'bytes';
}

/** Passes the last header of that name as text, or its raw bytes; undefined when the record has none, null when it is null. */
export function Header(
  name: string | { name: string; as?: 'text' | 'bytes' },
  ...pipes: Pipe[]
): ParameterDecorator {
  const parameter: HeaderParameter =
    typeof name === 'string' ? { name, as: 'text' } : { name: name.name, as: name.as ?? 'text' };
  return markParameter('header', parameter, pipes);
}
