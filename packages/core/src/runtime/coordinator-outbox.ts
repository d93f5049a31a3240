// Decides when a coordinator's messages leave: once what they rest on is committed, however long that takes, and in order.

interface Waiting<Message> {
  readonly message: Message;
  /** Sent when the high watermark is beyond this offset. */
  readonly offset: number;
}

export class CoordinatorOutbox<Message> {
  readonly #deliver: (message: Message) => void;
  /** Bounded by the machine, whose state says what it has to send. */
  #waiting: Waiting<Message>[] = [];
  #isSending = false;

  constructor(deliver: (message: Message) => void) {
    this.#deliver = deliver;
  }

  put(messages: readonly Message[], offset: number): void {
    for (const message of messages) this.#waiting.push({ message, offset });
  }

  isDue(highWatermark: number): boolean {
    const first = this.#waiting[0];
    return first !== undefined && first.offset < highWatermark;
  }

  /** Delivering may put more: they are sent too, here, and not inside the delivery. */
  send(highWatermark: () => number): void {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.isDue(highWatermark())) {
        const due = this.#waiting.shift();
        if (due !== undefined) this.#deliver(due.message);
      }
    } finally {
      this.#isSending = false;
    }
  }

  clear(): void {
    this.#waiting = [];
  }
}
