// Decides what the commands understand of `sasl.jaas.config`: the login module's name and its options.
import { UsageError } from './failures.js';

export interface JaasConfig {
  /** The class's name without its package. */
  readonly loginModule: string;
  readonly options: ReadonlyMap<string, string>;
}

const entry = /^\s*([\w.$]+)\s+(?:required|requisite|sufficient|optional)\b([^]*?);\s*$/i;
const option = /\s*([\w.]+)\s*=\s*("(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|[^\s;"']+)/y;

/** Reads `org.apache.kafka….PlainLoginModule required username="…" password="…";`. */
export function parseJaasConfig(text: string, place: string): JaasConfig {
  const match = entry.exec(text);
  const wrong = (): UsageError =>
    new UsageError(
      `${place}: sasl.jaas.config cannot be read; it looks like: org.apache.kafka.common.security.plain.PlainLoginModule required username="…" password="…";`,
    );
  if (match === null) throw wrong();
  const [, className = '', body = ''] = match;
  const options = new Map<string, string>();
  let at = 0;
  while (body.slice(at).trim() !== '') {
    option.lastIndex = at;
    const found = option.exec(body);
    if (found === null) throw wrong();
    const [, name = '', value = ''] = found;
    options.set(name, /^["']/.test(value) ? value.slice(1, -1).replace(/\\([^])/g, '$1') : value);
    at = option.lastIndex;
  }
  return { loginModule: className.slice(className.lastIndexOf('.') + 1), options };
}
