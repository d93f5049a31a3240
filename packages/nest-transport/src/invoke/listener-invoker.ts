// Decides how a record reaches its listener method: straight, or through Nest's guards, interceptors, pipes and filters.
import { ExternalContextCreator, type ApplicationConfig } from '@nestjs/core';
import type { ConsumerRecord } from '@ottla/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { argumentByNumber, directCall, planArguments } from './argument-plan.js';
import { hasEnhancer } from './enhancers.js';
import { exceptionFiltersOf, runExceptionFilters, type BoundFilter } from './exception-filters.js';
import { recordArgumentsHost } from './record-arguments-host.js';
import type { ListenerContext, ListenerHost } from './listener-host.js';
import { parametersMetadataKey } from '../decorators/listener-parameter.js';

/** Calls the method with one record. A promise comes back only when there is something to wait for. */
export type ListenerInvoker = (record: ConsumerRecord) => Promise<void> | undefined;

export interface InvokerDependencies {
  readonly contextCreator: ExternalContextCreator;
  readonly config: ApplicationConfig;
}

export function createListenerInvoker(
  host: ListenerHost,
  context: ListenerContext,
  dependencies: InvokerDependencies,
): ListenerInvoker {
  const plan = planArguments({
    name: host.name,
    prototype: Object.getPrototypeOf(host.instance) as object,
    methodName: host.methodName,
    parameterCount: host.method.length,
  });
  const { config } = dependencies;
  const enhanced =
    !plan.plain ||
    hasEnhancer('guards', host, config) ||
    hasEnhancer('pipes', host, config) ||
    hasEnhancer('interceptors', host, config);
  const call = enhanced
    ? enhancedCall(host, context, dependencies.contextCreator)
    : directCall(host.instance, host.method, plan.sources);
  const filters = exceptionFiltersOf(host, config);
  return filters.length > 0 ? filteredInvoker(call, filters, host, context) : plainInvoker(call);
}

function plainInvoker(call: (record: ConsumerRecord) => unknown): ListenerInvoker {
  return (record) => completion(call(record));
}

function filteredInvoker(
  call: (record: ConsumerRecord) => unknown,
  filters: readonly BoundFilter[],
  host: ListenerHost,
  context: ListenerContext,
): ListenerInvoker {
  const handle = (error: unknown, record: ConsumerRecord): Promise<void> =>
    runExceptionFilters(filters, error, recordArgumentsHost(record, context, host));
  return (record) => {
    try {
      return completion(call(record))?.catch((error: unknown) => handle(error, record));
    } catch (error) {
      return handle(error, record);
    }
  };
}

/** What to wait for before the record counts as done: a promise to settle, an Observable to complete, or nothing. */
function completion(result: unknown): Promise<void> | undefined {
  if (typeof result !== 'object' || result === null) {
    return undefined;
  }
  if (typeof (result as Partial<PromiseLike<unknown>>).then === 'function') {
    return (result as Promise<unknown>).then(completion);
  }
  return isObservable(result)
    ? lastValueFrom(result, { defaultValue: undefined }).then(() => undefined)
    : undefined;
}

function enhancedCall(
  host: ListenerHost,
  context: ListenerContext,
  shared: ExternalContextCreator,
): (record: ConsumerRecord) => unknown {
  const creator = contextCreatorFor(host, shared);
  const call = creator.create(
    host.instance,
    host.method,
    host.methodName,
    parametersMetadataKey,
    {
      exchangeKeyForValue: (number, data, args) =>
        argumentByNumber(number, data, (args as readonly [ConsumerRecord])[0]),
    },
    undefined,
    undefined,
    // Filters run in filteredInvoker: Nest's external proxy takes "a filter returned nothing" for "not caught".
    { guards: true, interceptors: true, filters: false },
    'kafka',
  );
  return (record) => call(record, context);
}

/**
 * Nest's creator looks for the enhancers of a class among providers only, so that those of a controller would be passed over
 * in silence; the module is known here. And a stream without values is complete, not an error.
 */
function contextCreatorFor(host: ListenerHost, shared: ExternalContextCreator): ExternalContextCreator {
  const creator = Object.create(shared) as ExternalContextCreator;
  creator.getContextModuleKey = () => host.moduleKey;
  creator.transformToResult = (result: unknown) =>
    isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : Promise.resolve(result);
  return creator;
}
