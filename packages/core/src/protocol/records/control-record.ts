// Decides how control records are written and read (L5).

/** Kinds of control records, by the number in their key. */
export const controlRecordTypes = {
  abort: 0,
  commit: 1,
  leaderChange: 2,
  snapshotHeader: 3,
  snapshotFooter: 4,
  kraftVersion: 5,
  kraftVoters: 6,
} as const;

export type ControlRecordType = keyof typeof controlRecordTypes;

const typeNames = new Map(
  Object.entries(controlRecordTypes).map(([name, code]) => [code as number, name as ControlRecordType]),
);
const keyBytes = 4;
const endTransactionValueBytes = 6;

/** The end of a transaction, as its marker says it. */
export interface EndTransactionMarker {
  readonly type: 'commit' | 'abort';
  readonly coordinatorEpoch: number;
}

export function controlRecordKey(type: ControlRecordType): Buffer {
  const key = Buffer.alloc(keyBytes);
  key.writeInt16BE(controlRecordTypes[type], 2);
  return key;
}

/** The kind a control record's key names; null for a key of a kind, or a form, that is not known here and is to be skipped. */
export function controlRecordType(key: Buffer | null): ControlRecordType | null {
  if (key === null || key.length < keyBytes || key.readInt16BE(0) < 0) return null;
  return typeNames.get(key.readInt16BE(2)) ?? null;
}

export function endTransactionValue(coordinatorEpoch: number): Buffer {
  const value = Buffer.alloc(endTransactionValueBytes);
  value.writeInt32BE(coordinatorEpoch, 2);
  return value;
}

/** Reads a transaction marker; null when the record is another control record or is damaged. */
export function readEndTransactionMarker(
  key: Buffer | null,
  value: Buffer | null,
): EndTransactionMarker | null {
  const type = controlRecordType(key);
  if (type !== 'commit' && type !== 'abort') return null;
  if (value === null || value.length < endTransactionValueBytes || value.readInt16BE(0) < 0) return null;
  return { type, coordinatorEpoch: value.readInt32BE(2) };
}
