// Decides whether any of Nest's guards, pipes, interceptors or filters stand before a listener method.
import 'reflect-metadata';
import type { ApplicationConfig } from '@nestjs/core';
import type { ListenerHost } from './listener-host.js';

/** Where Nest's own decorators leave what `@UseGuards`, `@UsePipes`, `@UseInterceptors` and `@UseFilters` were given. */
export const enhancerKeys = {
  guards: '__guards__',
  pipes: '__pipes__',
  interceptors: '__interceptors__',
  filters: '__exceptionFilters__',
} as const;

export type EnhancerKind = keyof typeof enhancerKeys;

/** Whether the method itself, its class or the application has an enhancer of that kind. */
export function hasEnhancer(kind: EnhancerKind, host: ListenerHost, config: ApplicationConfig): boolean {
  return (
    globalCount(kind, config) > 0 ||
    declaredCount(kind, host.method) > 0 ||
    declaredCount(kind, host.instance.constructor) > 0
  );
}

function declaredCount(kind: EnhancerKind, target: object): number {
  return (Reflect.getMetadata(enhancerKeys[kind], target) as unknown[] | undefined)?.length ?? 0;
}

function globalCount(kind: EnhancerKind, config: ApplicationConfig): number {
  switch (kind) {
    case 'guards':
      return config.getGlobalGuards().length;
    case 'pipes':
      return config.getGlobalPipes().length;
    case 'interceptors':
      return config.getGlobalInterceptors().length;
    case 'filters':
      return config.getGlobalFilters().length;
  }
}

/** The kinds of enhancers that the application provides per request, which a record does not have. */
export function requestScopedGlobals(config: ApplicationConfig): EnhancerKind[] {
  const counts: Record<EnhancerKind, number> = {
    guards: config.getGlobalRequestGuards().length,
    pipes: config.getGlobalRequestPipes().length,
    interceptors: config.getGlobalRequestInterceptors().length,
    filters: config.getGlobalRequestFilters().length,
  };
  return (Object.keys(counts) as EnhancerKind[]).filter((kind) => counts[kind] > 0);
}
