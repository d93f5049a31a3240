// Decides `@Payload`: the record's value, or one property of it, as a parameter.
import type { Type } from '@nestjs/common';
import { isPipe, markParameter, type Pipe } from './listener-parameter.js';

const parameterTypesKey = 'design:paramtypes';

/**
 * Passes the record's deserialized value. With a class, Nest's pipes take it as the parameter's type (a `ValidationPipe` with
 * `transform` makes an instance of it), whatever the compiler emitted; with a name, only that property is passed.
 */
export function Payload(...pipes: Pipe[]): ParameterDecorator;
export function Payload(type: Type<unknown>, ...pipes: Pipe[]): ParameterDecorator;
export function Payload(property: string, ...pipes: Pipe[]): ParameterDecorator;
export function Payload(first?: string | Type<unknown> | Pipe, ...rest: Pipe[]): ParameterDecorator {
  if (first === undefined) {
    return markParameter('payload', undefined, []);
  }
  if (typeof first === 'string') {
    return markParameter('payload', first, rest);
  }
  if (isPipe(first)) {
    return markParameter('payload', undefined, [first, ...rest]);
  }
  const mark = markParameter('payload', undefined, rest);
  return (target, methodName, index) => {
    mark(target, methodName, index);
    if (methodName !== undefined) {
      declareType(target, methodName, index, first);
    }
  };
}

/** TypeScript defines the types before it runs parameter decorators, so the class given here has the last word. */
function declareType(target: object, methodName: string | symbol, index: number, type: unknown): void {
  const emitted = Reflect.getOwnMetadata(parameterTypesKey, target, methodName) as unknown[] | undefined;
  const types = emitted === undefined ? [] : [...emitted];
  while (types.length <= index) {
    types.push(Object);
  }
  types[index] = type;
  Reflect.defineMetadata(parameterTypesKey, types, target, methodName);
}
