// Java consumers of the newest kafka-clients: of the KIP-848 protocol, alone and among classic ones.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { newestKafkaJar } from '../protocol/apache-jars.mjs';
import { javaTool } from '../support/apache-kafka.mjs';
import { ToolMissing } from '../support/suite.mjs';
import { findApacheKafka, findJavaCompiler } from '../support/tools.mjs';

const program = fileURLToPath(new URL('../consumer-protocol/GroupsOfConsumers.java', import.meta.url));

/** @param {string} bootstrapServers */
export function consumerProtocolCases(bootstrapServers) {
  return [
    {
      name: 'java consumer protocol: groups of both protocols, members joining and leaving',
      run: () => groupsOfConsumers(bootstrapServers),
    },
  ];
}

/** @param {string} bootstrapServers */
async function groupsOfConsumers(bootstrapServers) {
  const kafka = await findApacheKafka();
  if (kafka === null || (await findJavaCompiler()) === null)
    throw new ToolMissing('Java or Maven is neither installed nor to be had from the package manager');
  const prefix = `consumer-protocol-${process.pid}`;
  const clients = await newestKafkaJar('kafka-clients');
  // What the clients need lies beside the tools; of two versions of a class the first is taken.
  const newest = { ...kafka, classPath: [clients, kafka.classPath].join(path.delimiter) };
  const { stdout } = await javaTool(newest, program, [bootstrapServers, prefix], { timeoutMs: 300_000 });
  const steps = stdout
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('ok '));
  if (steps.length !== 4) throw new Error(`not all steps succeeded:\n${stdout.toString()}`);
  return [path.basename(clients), ...steps.map((line) => line.slice('ok'.length).trim())].join('; ');
}
