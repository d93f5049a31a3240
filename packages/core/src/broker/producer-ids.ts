// Decides which producer ids are given out: never one twice, not even over a restart (T3).
import type { ProducerIdBlock } from '../machines/controller/producer-id-blocks.js';
import type { Controller } from './controller.js';

export class ProducerIds {
  #block: ProducerIdBlock = { firstId: 0, size: 0 };
  #used = 0;
  /** Pending reservations, so that an id is handed out only when its block is durable. */
  #reserved: Promise<void> = Promise.resolve();

  constructor(private readonly controller: Controller) {}

  /** The next id. */
  async next(): Promise<number> {
    if (this.#used === this.#block.size) {
      this.#block = this.controller.perform(this.controller.machine.handleAllocateProducerIds());
      this.#used = 0;
      this.#reserved = this.controller.flush();
    }
    const id = this.#block.firstId + this.#used++;
    await this.#reserved;
    return id;
  }
}
