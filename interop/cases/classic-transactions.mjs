// Transactions under the protocol before KIP-890: a node of Apache Kafka whose transaction.version was brought down to 1.
import { javaTool, startApacheKafka } from '../support/apache-kafka.mjs';
import { runTests } from '../support/jest.mjs';

const feature = 'transaction.version';
const featureTool = 'org.apache.kafka.tools.FeatureCommand';

/** @param {{ java: string, classPath: string }} kafka */
export function classicTransactionCases(kafka) {
  return [{ name: 'transactions under transaction.version 1', run: () => transactions(kafka) }];
}

/** @param {{ java: string, classPath: string }} kafka */
async function transactions(kafka) {
  const node = await startApacheKafka(kafka, {
    // A transaction that is over its time is found at once.
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
  });
  try {
    const server = ['--bootstrap-server', node.bootstrapServers];
    await javaTool(kafka, featureTool, [...server, 'downgrade', '--feature', `${feature}=1`]);
    const described = await javaTool(kafka, featureTool, [...server, 'describe']);
    const line =
      described.stdout
        .toString()
        .split('\n')
        .find((one) => one.includes(feature)) ?? '';
    if (!/FinalizedVersionLevel:\s*1\b/.test(line)) throw new Error(`The node is at: ${line}`);
    return await runTests('ottla', 'packages/core/test/client/transactions/.*\\.cluster\\.test\\.ts$', {
      OTTLA_TEST_BOOTSTRAP_SERVERS: node.bootstrapServers,
    });
  } finally {
    await node.stop();
  }
}
