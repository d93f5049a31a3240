// Decides what is told of a record once the broker has it.

/** Made when the record is sent; the sizes are filled in when it is appended, the offset when its batch is acknowledged. */
export class SentRecord {
  offset = -1;
  /** -1 when there is no key. */
  serializedKeySize = -1;
  /** -1 when there is no value. */
  serializedValueSize = -1;

  constructor(
    readonly topic: string,
    readonly partition: number,
    public timestamp: number,
  ) {}
}
