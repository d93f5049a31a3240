// Decides which objects that Nest did not make itself (`useFactory`, `useValue`) get the transaction manager of their methods.
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, ModuleRef } from '@nestjs/core';
import { transactionManagersOf } from '../decorators/kafka-transactional.decorator.js';

@Injectable()
export class TransactionalObjects implements OnModuleInit {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
  ) {}

  onModuleInit(): void {
    for (const { instance } of this.discovery.getProviders()) {
      if (typeof instance === 'object' && instance !== null) {
        this.#complete(instance as Record<symbol, unknown>);
      }
    }
  }

  #complete(instance: Record<symbol, unknown>): void {
    const { constructor } = instance as { constructor?: unknown };
    if (typeof constructor !== 'function') {
      return;
    }
    for (const { key, token } of transactionManagersOf(constructor)) {
      instance[key] ??= this.moduleRef.get(token as never, { strict: false });
    }
  }
}
