// `npm run interop`: other people's clients against our stand-alone broker. `npm run interop -- kcat` runs the cases so named.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { consumerProtocolCases } from './cases/consumer-protocol.mjs';
import { exactlyOnceCases } from './cases/exactly-once.mjs';
import { javaAdminCases } from './cases/java-admin.mjs';
import { javaGroupCases } from './cases/java-groups.mjs';
import { javaCases } from './cases/java.mjs';
import { kafkajsCases } from './cases/kafkajs.mjs';
import { kcatCases } from './cases/kcat.mjs';
import { killCases } from './cases/kill.mjs';
import { metadataCases } from './cases/metadata.mjs';
import { mixedGroupCases } from './cases/mixed-groups.mjs';
import { platformaticCases } from './cases/platformatic.mjs';
import { protocolCases } from './cases/protocol.mjs';
import { pythonCases } from './cases/python.mjs';
import { internalTopicCases } from './log/check-internal-topics.mjs';
import { transactionCases } from './cases/transactions.mjs';
import { dumpCases } from './log/check-dump.mjs';
import { directoryCases } from './log/shared-directory.mjs';
import { startOttlaBroker } from './support/ottla-broker.mjs';
import { runSuite } from './support/suite.mjs';

const only = process.argv[2];
const directory = await mkdtemp(path.join(tmpdir(), 'ottla-interop-'));
const broker = await startOttlaBroker({ dataDirectory: path.join(directory, 'data') });
const { bootstrapServers } = broker;
const cases = [
  ...protocolCases(),
  ...kafkajsCases(bootstrapServers),
  ...kcatCases(bootstrapServers),
  ...platformaticCases(bootstrapServers),
  ...pythonCases(bootstrapServers),
  ...javaCases(bootstrapServers),
  ...javaAdminCases(bootstrapServers),
  ...javaGroupCases(bootstrapServers),
  ...consumerProtocolCases(bootstrapServers),
  ...mixedGroupCases(bootstrapServers),
  ...transactionCases(bootstrapServers, directory),
  {
    name: 'the broker closes cleanly on SIGTERM',
    run: async () => {
      const code = await broker.stop('SIGTERM');
      if (code !== 0) throw new Error(`it ended with ${code}:\n${broker.output().slice(-2_000)}`);
    },
  },
  ...internalTopicCases(path.join(directory, 'data')),
  ...killCases(directory),
  ...metadataCases(),
  ...dumpCases(),
  ...directoryCases(),
  ...exactlyOnceCases(),
];
const succeeded = await runSuite(
  `Other people's clients against our broker at ${bootstrapServers}`,
  cases,
  only,
);
await broker.stop('SIGTERM');
if (!succeeded) console.log(`The broker's log:\n${broker.output().slice(-4_000)}`);
await rm(directory, { recursive: true, force: true });
process.exit(succeeded ? 0 : 1);
