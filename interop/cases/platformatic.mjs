// @platformatic/kafka under the Node it asks for: every compression it has, groups of two of both protocols, and its admin client.
import path from 'node:path';

import { adminSteps, roundTrip } from '../support/foreign-client.mjs';
import { platformaticClient, repository } from '../support/tools.mjs';

const programs = path.join(repository, 'interop', 'platformatic');
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** @param {string} bootstrapServers */
export function platformaticCases(bootstrapServers) {
  const trips = [
    ...codecs.map((codec) => ({ codec, protocol: 'classic' })),
    { codec: 'none', protocol: 'consumer' },
  ];
  return [
    ...trips.map(({ codec, protocol }, index) => ({
      name: `platformatic ${codec}, ${protocol} group`,
      beside: true,
      run: async () =>
        roundTrip(await platformaticClient(), {
          bootstrapServers,
          topic: `platformatic-${codec}-${protocol}`,
          program: path.join(programs, 'round-trip.mjs'),
          args: [codec, protocol],
          seed: 301 + index,
        }),
    })),
    {
      name: 'platformatic admin',
      beside: true,
      run: async () => {
        const args = [bootstrapServers, 'platformatic-admin'];
        return adminSteps(await platformaticClient(), path.join(programs, 'admin.mjs'), args, 7);
      },
    },
  ];
}
