// `npm run interop:kafka`: our client tests, the Nest tests and samples 01 and 03 against Apache Kafka, unchanged.
import path from 'node:path';

import { mixedGroupCases } from './cases/mixed-groups.mjs';
import { classicTransactionCases } from './cases/classic-transactions.mjs';
import { securityCases } from './cases/security.mjs';
import { threeNodeCases } from './cases/three-nodes.mjs';
import { startApacheKafka } from './support/apache-kafka.mjs';
import { runTests } from './support/jest.mjs';
import { run } from './support/processes.mjs';
import { runSuite } from './support/suite.mjs';
import { findApacheKafka, repository } from './support/tools.mjs';

const kafka = await findApacheKafka();
if (kafka === null) {
  console.log('Left out: Java or Maven is neither installed nor to be had from the package manager.');
  console.log('0 passed, 0 failed, 1 skipped');
  process.exit(0);
}
const broker = await startApacheKafka(kafka);
const { bootstrapServers } = broker;

/** @param {string} project @param {string} folder @param {string} [servers] */
function clusterTests(project, folder, servers = bootstrapServers) {
  return runTests(project, `${folder}/.*\\.cluster\\.test\\.ts$`, { OTTLA_TEST_BOOTSTRAP_SERVERS: servers });
}

/** @param {Record<string, string>} env @param {string} sample */
async function flights(env, sample = '01-flights') {
  const main = path.join(repository, `samples/${sample}/dist/main.js`);
  const { stdout } = await run(process.execPath, [main, '--json'], { env, timeoutMs: 120_000 });
  return stdout.toString();
}

const threeNodes = threeNodeCases(kafka, (servers) =>
  clusterTests('ottla', 'packages/core/test/client', servers),
);
const security = securityCases(kafka);
const succeeded = await runSuite(
  `Our clients against Apache Kafka at ${bootstrapServers}`,
  [
    { name: 'client tests', run: () => clusterTests('ottla', 'packages/core') },
    { name: 'Nest 12 tests', run: () => clusterTests('ottla', 'packages/(nest-transport|testing)') },
    { name: 'Nest 11 tests', run: () => clusterTests('nest-11', 'packages/(nest-transport|testing)') },
    {
      name: 'sample 01, twice, gives what it gives on the embedded broker',
      run: async () => {
        const embedded = await flights({});
        for (let time = 1; time <= 2; time += 1) {
          const onKafka = await flights({ KAFKA_BOOTSTRAP_SERVERS: bootstrapServers });
          if (onKafka !== embedded) throw new Error(`run ${time} differs:\n${onKafka.slice(0, 500)}`);
        }
        return `${embedded.trim().split('\n').length} airports`;
      },
    },
    {
      name: 'sample 03 gives the same while its processes are killed',
      run: async () => {
        const expected = await flights({});
        const sample = '03-flights-exactly-once';
        const exactlyOnce = await flights({ KAFKA_BOOTSTRAP_SERVERS: bootstrapServers }, sample);
        if (exactlyOnce !== expected) throw new Error(`it differs:\n${exactlyOnce.slice(0, 500)}`);
        return `${exactlyOnce.trim().split('\n').length} airports`;
      },
    },
    ...mixedGroupCases(bootstrapServers),
    ...classicTransactionCases(kafka),
    ...security.cases,
    ...threeNodes.cases,
  ],
  process.argv[2],
);
await security.close();
await threeNodes.close();
await broker.stop();
process.exit(succeeded ? 0 : 1);
