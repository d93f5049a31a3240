// Decides when listeners start and stop in the life of the application: last to start, first to stop.
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ListenerDiscovery } from '../discovery/listener-discovery.js';
import type { KafkaListenerOptions } from '../decorators/kafka-listener.decorator.js';
import { KafkaReceiver } from '../streams/kafka-receiver.js';
import { KafkaListenerContainerFactory } from './kafka-listener-container-factory.js';
import { KafkaListenerEndpointRegistry } from './kafka-listener-endpoint-registry.js';

@Injectable()
export class ListenerLifecycle implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(ListenerDiscovery) private readonly discovery: ListenerDiscovery,
    @Inject(KafkaListenerContainerFactory) private readonly containers: KafkaListenerContainerFactory,
    @Inject(KafkaListenerEndpointRegistry) private readonly registry: KafkaListenerEndpointRegistry,
    @Inject(KafkaReceiver) private readonly receiver: KafkaReceiver,
  ) {
    // Nest calls hooks module by module: bootstrap hooks by falling distance from the root, destroy hooks by rising distance.
    // Below all others, this module starts its listeners when everyone is ready and has drained them before any user's
    // onModuleDestroy runs. Nest sorts when the first hook is called, which is after every constructor.
    for (const module of modules.values()) {
      if (module.providers.has(ListenerLifecycle)) {
        module.distance = Number.MIN_SAFE_INTEGER;
      }
    }
  }

  onApplicationBootstrap(): void {
    const ids = new Set<string>();
    for (const listener of this.discovery.find()) {
      const id = uniqueId(listener.options, listener.host.name, ids);
      ids.add(id);
      this.registry.register(this.containers.create(listener, id));
    }
    for (const container of this.registry.list()) {
      if (container.autoStartup) {
        container.start();
      }
    }
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.registry.stop(), this.receiver.close()]);
  }
}

/** The id that was given, or `Class.method`, with a number when that method has several listeners without an id. */
function uniqueId(options: KafkaListenerOptions, name: string, taken: ReadonlySet<string>): string {
  if (options.id !== undefined) {
    return options.id;
  }
  let id = name;
  for (let number = 2; taken.has(id); number++) {
    id = `${name}#${number}`;
  }
  return id;
}
