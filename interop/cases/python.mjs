// Python's clients: confluent-kafka (the newest librdkafka) with both group protocols, and kafka-python; every compression, groups of two, admin.
import path from 'node:path';

import { adminSteps, roundTrip } from '../support/foreign-client.mjs';
import { pythonClients, repository } from '../support/tools.mjs';

const programs = path.join(repository, 'interop', 'python');
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** @param {string} bootstrapServers */
export function pythonCases(bootstrapServers) {
  const trips = [
    ...codecs.map((codec) => ({ client: 'confluent', args: [codec, 'classic'] })),
    ...codecs.map((codec) => ({ client: 'confluent', args: [codec, 'consumer'] })),
    ...codecs.map((codec) => ({ client: 'kafka_python', args: [codec] })),
  ];
  const admins = [
    { client: 'confluent', steps: 6 },
    { client: 'kafka_python', steps: 6 },
  ];
  return [
    ...trips.map(({ client, args }, index) => ({
      name: `python ${client.replace('_', '-')} ${args.join(', ')}${args.length > 1 ? ' group' : ''}`,
      beside: true,
      run: async () =>
        roundTrip(await pythonClients(), {
          bootstrapServers,
          topic: `python-${client}-${args.join('-')}`,
          program: path.join(programs, `${client}_round_trip.py`),
          args,
          seed: 401 + index,
        }),
    })),
    ...admins.map(({ client, steps }) => ({
      name: `python ${client.replace('_', '-')} admin`,
      beside: true,
      run: async () => {
        const args = [bootstrapServers, `python-${client}-admin`];
        return adminSteps(await pythonClients(), path.join(programs, `${client}_admin.py`), args, steps);
      },
    })),
  ];
}
