// Decides what an exception filter is told of the record whose listener failed.
import type { ArgumentsHost } from '@nestjs/common';
import type { ConsumerRecord } from '@ottla/core';
import type { ListenerContext, ListenerHost } from './listener-host.js';

/** The ExecutionContext of a record: type `kafka`, arguments the record and its listener's names. */
export function recordArgumentsHost(
  record: ConsumerRecord,
  context: ListenerContext,
  host: ListenerHost,
): ArgumentsHost {
  const args = [record, context] as const;
  const unavailable = (protocol: string) => (): never => {
    throw new TypeError(`${host.name} handles a Kafka record, not ${protocol}: ask getType() first`);
  };
  const argumentsHost = {
    getArgs: () => [...args],
    getArgByIndex: (index: number) => args[index],
    getType: () => 'kafka',
    getClass: () => host.instance.constructor,
    getHandler: () => host.method,
    switchToRpc: () => ({ getData: () => record, getContext: () => context }),
    switchToHttp: () => ({
      getRequest: unavailable('an HTTP request'),
      getResponse: unavailable('an HTTP request'),
      getNext: unavailable('an HTTP request'),
    }),
    switchToWs: () => ({
      getData: unavailable('a WebSocket message'),
      getClient: unavailable('a WebSocket message'),
      getPattern: unavailable('a WebSocket message'),
    }),
  };
  return argumentsHost as unknown as ArgumentsHost;
}
