// Decides what is told of a record once the broker has it.

/** Made when the record is appended, with an offset of -1; the offset is filled in when its batch is acknowledged. */
export class SentRecord {
  offset = -1;

  constructor(
    readonly topic: string,
    readonly partition: number,
    public timestamp: number,
    /** -1 when there is no key. */
    readonly serializedKeySize: number,
    /** -1 when there is no value. */
    readonly serializedValueSize: number,
  ) {}
}
