// Decides, once per listener method, where each of its arguments comes from in a record.
import { type ConsumerRecord } from '@ottla/core';
import { ListenerDefinitionError } from '../errors.js';
import {
  type MarkedParameters,
  parameterKinds,
  parametersMetadataKey,
  type ParameterKind,
} from '../decorators/listener-parameter.js';
import type { HeaderParameter } from '../decorators/header.decorator.js';

export type ArgumentSource = (record: ConsumerRecord) => unknown;

export interface ArgumentPlan {
  /** One source per argument; an argument that nobody marked is undefined. */
  readonly sources: readonly ArgumentSource[];
  /** Whether every argument comes straight from the record: no pipes, no decorators of others. */
  readonly plain: boolean;
}

/** What is needed of a listener's class to plan its arguments. */
export interface PlannedMethod {
  readonly name: string;
  readonly prototype: object;
  readonly methodName: string;
  readonly parameterCount: number;
}

export function planArguments(method: PlannedMethod): ArgumentPlan {
  const marked = markedParameters(method);
  const marks = Object.entries(marked);
  const types = Reflect.getMetadata('design:paramtypes', method.prototype, method.methodName) as
    unknown[] | undefined;
  const last = marks.reduce((highest, [, mark]) => Math.max(highest, mark.index), -1);
  const count = Math.max(types?.length ?? 0, method.parameterCount, last + 1);
  const sources: (ArgumentSource | undefined)[] = Array.from({ length: count }, () => undefined);
  let plain = true;
  for (const [key, mark] of marks) {
    const source = sourceOf(key, mark.data);
    if (source === undefined || mark.pipes.length > 0) {
      plain = false;
    }
    sources[mark.index] = source ?? (() => undefined);
  }
  const bare = sources.flatMap((source, index) => (source === undefined ? [index] : []));
  if (bare.length > 1) {
    throw new ListenerDefinitionError(
      method.name,
      `parameters ${bare.map((index) => index + 1).join(' and ')} bear no decorator; only one, the payload, may go without`,
    );
  }
  const [payload] = bare;
  if (payload !== undefined) {
    sources[payload] = takePayload;
    markPayload(method, marked, payload);
  }
  return { sources: sources.map((source) => source ?? takePayload), plain };
}

function markedParameters(method: PlannedMethod): MarkedParameters {
  return (Reflect.getMetadata(parametersMetadataKey, method.prototype.constructor, method.methodName) ??
    {}) as MarkedParameters;
}

/** Nest's pipes see marked parameters only, so the bare one is marked as if `@Payload()` stood before it. */
function markPayload(method: PlannedMethod, marked: MarkedParameters, index: number): void {
  Reflect.defineMetadata(
    parametersMetadataKey,
    { ...marked, [`${parameterKinds.payload}:${index}`]: { index, data: undefined, pipes: [] } },
    method.prototype.constructor,
    method.methodName,
  );
}

const takePayload: ArgumentSource = (record) => record.value;

/** The source behind a mark; undefined when the mark is not one of ours, so that Nest has to resolve it. */
function sourceOf(key: string, data: unknown): ArgumentSource | undefined {
  const number = Number(key.split(':')[0]);
  const kind = (Object.keys(parameterKinds) as ParameterKind[]).find(
    (name) => parameterKinds[name] === number,
  );
  return kind === undefined ? undefined : argumentSource(kind, data);
}

function argumentSource(kind: ParameterKind, data: unknown): ArgumentSource {
  switch (kind) {
    case 'payload':
      return typeof data === 'string' ? propertySource(data) : takePayload;
    case 'key':
      return (record) => record.key;
    case 'header':
      return headerSource(data as HeaderParameter);
    case 'headers':
      return (record) => record.headers;
    case 'record':
      return (record) => record;
    case 'topic':
      return (record) => record.topic;
    case 'partition':
      return (record) => record.partition;
    case 'offset':
      return (record) => record.offset;
    case 'timestamp':
      return (record) => record.timestamp;
  }
}

function propertySource(property: string): ArgumentSource {
  return (record) => (record.value as Record<string, unknown> | null | undefined)?.[property];
}

function headerSource({ name, as }: HeaderParameter): ArgumentSource {
  return as === 'bytes'
    ? (record) => {
        const header = record.headers.last(name);
        return header === undefined ? undefined : header.value;
      }
    : (record) => record.headers.text(name);
}

/** Reads an argument by its mark's number, for Nest's own argument machinery. */
export function argumentByNumber(number: number, data: unknown, record: ConsumerRecord): unknown {
  return sourceOf(String(number), data)?.(record);
}

/** One function that calls the method with its arguments from a record, without an array of them in the usual cases. */
export function directCall(
  instance: object,
  method: (...args: unknown[]) => unknown,
  sources: readonly ArgumentSource[],
): (record: ConsumerRecord) => unknown {
  const [first, second, third] = sources;
  if (first === undefined) {
    return () => method.call(instance);
  }
  if (second === undefined) {
    return first === takePayload
      ? (record) => method.call(instance, record.value)
      : (record) => method.call(instance, first(record));
  }
  if (third === undefined) {
    return (record) => method.call(instance, first(record), second(record));
  }
  if (sources.length === 3) {
    return (record) => method.call(instance, first(record), second(record), third(record));
  }
  return (record) =>
    method.apply(
      instance,
      sources.map((source) => source(record)),
    );
}
