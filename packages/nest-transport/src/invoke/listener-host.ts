// Decides what is known of the object and method behind a listener.
import type { ModulesContainer } from '@nestjs/core';

/** Nest's record of a module; its class is not among Nest's public exports. */
export type NestModule = ModulesContainer extends Map<string, infer Module> ? Module : never;

export interface ListenerHost {
  /** `Class.method`, as messages name it. */
  readonly name: string;
  readonly instance: object;
  readonly methodName: string;
  readonly method: (...args: unknown[]) => unknown;
  /** The module that provides the instance; its injectables are the enhancers that Nest made for it. */
  readonly module: NestModule | undefined;
  readonly moduleKey: string;
}

/** What an enhancer sees as the second argument, beside the record. */
export interface ListenerContext {
  /** The listener's id. */
  readonly listenerId: string;
  /** The group that it reads as. */
  readonly groupId: string;
}
