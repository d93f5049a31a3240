// Decides how a file of Java properties is read, which is how Kafka's tools are configured.

const escaped: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_match, hex: string | undefined, letter = '') =>
    hex === undefined
      ? (escaped[letter as string] ?? (letter as string))
      : String.fromCharCode(parseInt(hex, 16)),
  );
}

/** Lines as they count: without comments and blank ones, and with those that end in an odd backslash joined to the next. */
function* logicalLines(text: string): Generator<string> {
  let joined: string | null = null;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const trimmed = line.trimStart();
    if (joined === null && (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith('!'))) continue;
    const whole: string = (joined ?? '') + trimmed;
    const backslashes = /\\*$/.exec(whole)?.[0].length ?? 0;
    if (backslashes % 2 === 1) joined = whole.slice(0, -1);
    else {
      joined = null;
      yield whole;
    }
  }
  if (joined !== null) yield joined;
}

/** Names and values; of a name that comes twice the last value counts. */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const match = /^((?:\\[^]|[^\\=:\s])*)(?:\s*[=:]\s*|\s+|$)([^]*)$/.exec(line);
    if (match !== null) properties.set(unescape(match[1] ?? ''), unescape(match[2] ?? ''));
  }
  return properties;
}
