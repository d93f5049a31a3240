// Decides the channels on which the clients tell what they do.
import type { EventChannel, EventChannels, OperationChannel } from '../../ports/event-channels.js';
import type {
  AuthenticationEvent,
  ClientEvent,
  CommitEvent,
  ConnectionClosedEvent,
  ConnectionEvent,
  LogEvent,
  PollEvent,
  ProducerBatchEvent,
  ProducerRetryEvent,
  RebalanceEvent,
  RequestEvent,
  TransactionEvent,
} from './event-types.js';

/** Names of the channels in `node:diagnostics_channel`; those of `operations` are for `tracingChannel`. */
export const eventChannelNames = {
  events: {
    client: 'ottla.client',
    connectionClosed: 'ottla.connection.closed',
    producerBatch: 'ottla.producer.batch',
    producerRetry: 'ottla.producer.retry',
    rebalance: 'ottla.consumer.rebalance',
    log: 'ottla.log',
  },
  operations: {
    connection: 'ottla.connection',
    authentication: 'ottla.authentication',
    request: 'ottla.request',
    transaction: 'ottla.producer.transaction',
    poll: 'ottla.consumer.poll',
    commit: 'ottla.consumer.commit',
  },
} as const;

export interface ClientEvents {
  readonly client: EventChannel<ClientEvent>;
  readonly connectionClosed: EventChannel<ConnectionClosedEvent>;
  readonly producerBatch: EventChannel<ProducerBatchEvent>;
  readonly producerRetry: EventChannel<ProducerRetryEvent>;
  readonly rebalance: EventChannel<RebalanceEvent>;
  readonly log: EventChannel<LogEvent>;
  readonly connection: OperationChannel<ConnectionEvent>;
  readonly authentication: OperationChannel<AuthenticationEvent>;
  readonly request: OperationChannel<RequestEvent>;
  readonly transaction: OperationChannel<TransactionEvent>;
  readonly poll: OperationChannel<PollEvent>;
  readonly commit: OperationChannel<CommitEvent>;
}

export function createClientEvents(channels: EventChannels): ClientEvents {
  const { events, operations } = eventChannelNames;
  return {
    client: channels.channel(events.client),
    connectionClosed: channels.channel(events.connectionClosed),
    producerBatch: channels.channel(events.producerBatch),
    producerRetry: channels.channel(events.producerRetry),
    rebalance: channels.channel(events.rebalance),
    log: channels.channel(events.log),
    connection: channels.operations(operations.connection),
    authentication: channels.operations(operations.authentication),
    request: channels.operations(operations.request),
    transaction: channels.operations(operations.transaction),
    poll: channels.operations(operations.poll),
    commit: channels.operations(operations.commit),
  };
}

const silentChannel = { hasSubscribers: false, publish: () => undefined };

/** Channels that nobody listens to. */
export const silentEvents: ClientEvents = createClientEvents({
  channel: () => silentChannel,
  operations: () => ({
    hasSubscribers: false,
    start: silentChannel,
    end: silentChannel,
    asyncStart: silentChannel,
    asyncEnd: silentChannel,
    error: silentChannel,
    tracePromise: (operation) => operation(),
  }),
});

/** An operation begins whose end comes with a callback. */
export function beginOperation<Operation extends object>(
  channel: OperationChannel<Operation>,
  operation: Operation,
): Operation {
  channel.start.publish(operation);
  channel.end.publish(operation);
  return operation;
}

/** It has ended; with an `error` in it, it has failed. */
export function endOperation<Operation extends { error?: unknown }>(
  channel: OperationChannel<Operation>,
  operation: Operation,
): void {
  if (operation.error !== undefined) channel.error.publish(operation);
  channel.asyncStart.publish(operation);
  channel.asyncEnd.publish(operation);
}
