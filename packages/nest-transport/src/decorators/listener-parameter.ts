// Decides how a parameter of a listener method is marked, so that Nest's own pipes and parameter decorators see it.
import 'reflect-metadata';
import type { PipeTransform, Type } from '@nestjs/common';

/** Where Nest keeps the marks of handler parameters, for routes, messages and, here, records. */
export const parametersMetadataKey = '__routeArguments__';

/** Marks by number; 3 is the number by which Nest's pipes know a body, so that a ValidationPipe validates the payload. */
export const parameterKinds = {
  payload: 3,
  key: 101,
  header: 102,
  headers: 103,
  record: 104,
  topic: 105,
  partition: 106,
  offset: 107,
  timestamp: 108,
} as const;
export type ParameterKind = keyof typeof parameterKinds;

/** One of Nest's pipes, or the class of one that Nest makes. */
export type Pipe = Type<PipeTransform> | PipeTransform;

/** One marked parameter, in the shape that Nest stores. */
export interface MarkedParameter {
  readonly index: number;
  readonly data: unknown;
  readonly pipes: readonly Pipe[];
  /** Only on parameters marked by Nest's `createParamDecorator`. */
  readonly factory?: unknown;
}

/** The marks of one method, by `<number>:<index>`. */
export type MarkedParameters = Readonly<Record<string, MarkedParameter>>;

export function markParameter(
  kind: ParameterKind,
  data: unknown,
  pipes: readonly Pipe[],
): ParameterDecorator {
  return (target, methodName, index) => {
    if (methodName === undefined) {
      throw new TypeError(
        `@${capitalised(kind)} marks a parameter of a listener method, not of a constructor`,
      );
    }
    const marked = (Reflect.getOwnMetadata(parametersMetadataKey, target.constructor, methodName) ??
      {}) as MarkedParameters;
    const mark: MarkedParameter = { index, data, pipes };
    Reflect.defineMetadata(
      parametersMetadataKey,
      { ...marked, [`${parameterKinds[kind]}:${index}`]: mark },
      target.constructor,
      methodName,
    );
  };
}

export function isPipe(candidate: unknown): candidate is Pipe {
  if (typeof candidate === 'function') {
    return typeof (candidate.prototype as Partial<PipeTransform> | undefined)?.transform === 'function';
  }
  return typeof (candidate as Partial<PipeTransform> | null | undefined)?.transform === 'function';
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
