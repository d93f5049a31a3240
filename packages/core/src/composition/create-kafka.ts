// Decides how an application gets its clients.
import { Container } from 'inversify';

import type { Kafka, KafkaOptions } from '../client/kafka.js';
import { knownOptions } from '../client/option-checks.js';
import { connectionOptionNames } from '../client/client-options.js';
import { clientModule, kafkaToken, type ClientPortOverrides } from './client.module.js';
import { chooseCrc32c } from './choose-crc32c.js';

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
  const overrides = Object.fromEntries(
    Object.entries({ network, clock, timers, random, diagnostics }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as ClientPortOverrides;
  const container = new Container();
  container.load(clientModule(rest, overrides));
  return container.get<Kafka>(kafkaToken);
}
