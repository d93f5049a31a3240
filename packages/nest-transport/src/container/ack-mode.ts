// Decides when a listener's offsets are committed.

/** `batch` commits after all records of a poll are done, `record` after each. */
export type AckMode = 'batch' | 'record';
