// Decides where the application's `@KafkaListener` methods are found, and refuses those that could not work.
import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { listenersOf, type KafkaListenerOptions } from '../decorators/kafka-listener.decorator.js';
import { ListenerDefinitionError } from '../errors.js';
import type { ListenerHost, NestModule } from '../invoke/listener-host.js';

export interface DiscoveredListener {
  readonly host: ListenerHost;
  readonly options: KafkaListenerOptions;
}

type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];
type Method = (...args: unknown[]) => unknown;

@Injectable()
export class ListenerDiscovery {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {}

  /** Every listener of every controller and provider; an instance known under several tokens counts once. */
  find(): DiscoveredListener[] {
    const seen = new Set<object>();
    const found: DiscoveredListener[] = [];
    for (const wrapper of [...this.discovery.getControllers(), ...this.discovery.getProviders()]) {
      const prototype = prototypeOf(wrapper);
      if (prototype === undefined || wrapper.isAlias) {
        continue;
      }
      for (const methodName of this.scanner.getAllMethodNames(prototype)) {
        const method = (prototype as Record<string, unknown>)[methodName] as Method;
        const declared = listenersOf(method);
        if (declared.length === 0) {
          continue;
        }
        const host = this.#host(wrapper, prototype, methodName, method);
        if (!seen.has(host.instance)) {
          found.push(...declared.map((options) => ({ host, options })));
        }
      }
      if (
        typeof wrapper.instance === 'object' &&
        wrapper.instance !== null &&
        wrapper.isDependencyTreeStatic()
      ) {
        seen.add(wrapper.instance as object);
      }
    }
    return found;
  }

  #host(wrapper: InstanceWrapper, prototype: object, methodName: string, method: Method): ListenerHost {
    const name = `${prototype.constructor.name}.${methodName}`;
    if (wrapper.isTransient || !wrapper.isDependencyTreeStatic()) {
      throw new ListenerDefinitionError(
        name,
        'its class is request-scoped or transient, or depends on such a provider, and a record has no request; ' +
          'make it a singleton and resolve what is scoped inside the method, with ModuleRef.resolve()',
      );
    }
    return {
      name,
      instance: wrapper.instance as object,
      methodName,
      method,
      module: wrapper.host,
      moduleKey: this.#keyOf(wrapper.host),
    };
  }

  #keyOf(module: NestModule | undefined): string {
    for (const [key, candidate] of this.modules) {
      if (candidate === module) {
        return key;
      }
    }
    return '';
  }
}

function prototypeOf(wrapper: InstanceWrapper): object | undefined {
  const { instance, metatype } = wrapper;
  if (typeof instance === 'object' && instance !== null) {
    return Object.getPrototypeOf(instance) as object;
  }
  // Scoped classes have no instance yet; their methods are looked at to refuse them.
  const prototype: unknown =
    typeof metatype === 'function' && !wrapper.isNotMetatype ? metatype.prototype : undefined;
  return typeof prototype === 'object' && prototype !== null ? prototype : undefined;
}
