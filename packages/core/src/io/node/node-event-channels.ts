// Decides that events of the clients go over node:diagnostics_channel, where tracers of Node's world listen.
import { channel, tracingChannel } from 'node:diagnostics_channel';

import type { EventChannel, EventChannels, OperationChannel } from '../../ports/event-channels.js';

export function createNodeEventChannels(): EventChannels {
  return {
    channel: <Event extends object>(name: string) => channel(name) as EventChannel<Event>,
    operations: <Operation extends object>(name: string) =>
      tracingChannel<unknown, Operation>(name) as unknown as OperationChannel<Operation>,
  };
}
