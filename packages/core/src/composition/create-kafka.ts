// Decides how an application gets its clients.
import { Kafka, type KafkaOptions } from '../client/kafka.js';
import { knownOptions } from '../client/option-checks.js';
import { connectionOptionNames } from '../client/client-options.js';
import { chooseCrc32c } from './choose-crc32c.js';
import { clientPorts, type ClientPortOverrides } from './client-ports.js';

/** Where the cluster is, what its clients have in common, and what stands in for the network and the time. */
export interface CreateKafkaOptions extends KafkaOptions, ClientPortOverrides {}

/** Makes the clients of one cluster. Nothing connects before a client is used. */
export function createKafka(options: CreateKafkaOptions): Kafka {
  knownOptions('Kafka client', options, [
    ...connectionOptionNames,
    'bootstrapServers',
    'network',
    'clock',
    'timers',
    'random',
    'diagnostics',
  ]);
  chooseCrc32c();
  const { network, clock, timers, random, diagnostics, ...rest } = options;
  return new Kafka(rest, clientPorts({ network, clock, timers, random, diagnostics }));
}
