// Decides what a reader of a whole log knows at its end: the last value of each key.

export interface KeyValue {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
}

export function finalState(records: readonly KeyValue[]): Map<string | null, string> {
  const state = new Map<string | null, string>();
  for (const { key, value } of records) {
    state.delete(key);
    if (value !== null) state.set(key, value);
  }
  return new Map([...state].toSorted(([a], [b]) => `${a}`.localeCompare(`${b}`)));
}

export function lastOffsets(records: readonly KeyValue[]): Map<string | null, number> {
  return new Map(records.map(({ key, offset }) => [key, offset]));
}
