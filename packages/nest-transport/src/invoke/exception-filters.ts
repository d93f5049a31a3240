// Decides which of Nest's exception filters stand around a listener method, and what their answer means for the record.
import type { ArgumentsHost, ExceptionFilter, Type } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { enhancerKeys } from './enhancers.js';
import type { ListenerHost } from './listener-host.js';

interface BoundFilter {
  readonly catches: readonly Type<unknown>[];
  readonly filter: ExceptionFilter;
}

/** Filters from the nearest to the farthest: the method's, its class's, the application's. */
export function exceptionFiltersOf(host: ListenerHost, config: ApplicationConfig): readonly BoundFilter[] {
  const declared: unknown[] = [
    ...metadata(enhancerKeys.filters, host.method).reverse(),
    ...metadata(enhancerKeys.filters, host.instance.constructor).reverse(),
    ...[...config.getGlobalFilters()].reverse(),
  ];
  return declared.map((filter) => {
    const instance = typeof filter === 'function' ? injected(host, filter as Type<ExceptionFilter>) : filter;
    return {
      filter: instance as ExceptionFilter,
      catches: metadata('__filterCatchExceptions__', (instance as object).constructor) as Type<unknown>[],
    };
  });
}

function metadata(key: string, target: object): unknown[] {
  return [...((Reflect.getMetadata(key, target) as unknown[] | undefined) ?? [])];
}

function injected(host: ListenerHost, filter: Type<ExceptionFilter>): ExceptionFilter {
  const instance = host.module?.injectables.get(filter)?.instance as ExceptionFilter | undefined;
  return instance ?? new filter();
}

/**
 * Passes an error to the first filter that catches its class. A filter that returns has dealt with the record; what a filter
 * throws, and an error that none catches, goes on to the listener's error handler.
 */
export async function runExceptionFilters(
  filters: readonly BoundFilter[],
  error: unknown,
  argumentsHost: ArgumentsHost,
): Promise<void> {
  const bound = filters.find(
    ({ catches }) => catches.length === 0 || catches.some((type) => error instanceof type),
  );
  if (bound === undefined) {
    throw error;
  }
  const { filter } = bound;
  const handle = filter.catch.bind(filter);
  const answer: unknown = await handle(error, argumentsHost);
  if (isObservable(answer)) {
    await lastValueFrom(answer, { defaultValue: undefined });
  }
}

export type { BoundFilter };
