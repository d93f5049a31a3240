// Decides how an application finds its listeners, starts and stops them.
import { Injectable } from '@nestjs/common';
import type { ListenerContainer } from './listener-container.js';

/** All listeners of the application, by id. Filled while the application starts. */
@Injectable()
export class KafkaListenerEndpointRegistry {
  readonly #containers = new Map<string, ListenerContainer>();

  /** Throws when there is no listener of that id, naming those there are. */
  get(id: string): ListenerContainer {
    const container = this.#containers.get(id);
    if (container === undefined) {
      const known = [...this.#containers.keys()];
      throw new Error(
        `there is no listener ${id}; ${known.length === 0 ? 'no listener is registered' : `the listeners are ${known.join(', ')}`}`,
      );
    }
    return container;
  }

  /** Whether there is a listener of that id. */
  has(id: string): boolean {
    return this.#containers.has(id);
  }

  /** All listeners, in the order in which they were found. */
  list(): readonly ListenerContainer[] {
    return [...this.#containers.values()];
  }

  /** Called when the application starts. */
  register(container: ListenerContainer): void {
    if (this.#containers.has(container.id)) {
      throw new Error(`two listeners have the id ${container.id}; an id must be unique in the application`);
    }
    this.#containers.set(container.id, container);
  }

  /** Starts all listeners, those without `autoStartup` too. */
  start(): void {
    for (const container of this.#containers.values()) {
      container.start();
    }
  }

  /** Stops all listeners at once and waits for each to drain, within its own shutdown timeout. */
  async stop(): Promise<void> {
    await Promise.all(this.list().map((container) => container.stop()));
  }

  /** Pauses every listener. */
  pause(): void {
    for (const container of this.#containers.values()) {
      container.pause();
    }
  }

  /** Resumes every listener. */
  resume(): void {
    for (const container of this.#containers.values()) {
      container.resume();
    }
  }
}
