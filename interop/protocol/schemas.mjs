// Decides which of our schemas are held against Apache's: all those that have a counterpart there.
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const dist = new URL('../../packages/core/dist/protocol/', import.meta.url);

/** The built modules of the protocol; the message tells what to do where they are not built. */
async function load(module) {
  const url = new URL(module, dist);
  if (!existsSync(fileURLToPath(url)))
    throw new Error(`${fileURLToPath(url)} is not built: run npm run build first`);
  return import(pathToFileURL(fileURLToPath(url)).href);
}

/** Where the schemas of each of Apache's jars are, and the name of the file that holds their vectors. */
const records = [
  {
    artifact: 'kafka-clients',
    subject: 'messages',
    modules: ['messages/header.js', 'messages/consumer-protocol.js'],
  },
  {
    artifact: 'kafka-group-coordinator',
    subject: 'coordinator-records',
    modules: [
      'coordinator/offset-commit-record.js',
      'coordinator/group-metadata-record.js',
      'coordinator/consumer-group-record.js',
    ],
  },
  {
    artifact: 'kafka-transaction-coordinator',
    subject: 'coordinator-records',
    modules: ['coordinator/transaction-log-record.js'],
  },
  {
    artifact: 'kafka-metadata',
    subject: 'metadata-records',
    modules: [
      'metadata/topic-records.js',
      'metadata/broker-records.js',
      'metadata/cluster-records.js',
      'metadata/security-records.js',
    ],
  },
];

/**
 * Every message schema in order, with the jar that holds its definition and the subject that its vectors are filed under.
 * @returns {Promise<{ message: any, artifact: string, subject: string }[]>}
 */
export async function allSchemas() {
  const { apis } = await load('api-keys.js');
  const schemas = Object.values(apis)
    .flatMap(({ request, response }) => [request, response])
    .map((message) => ({ message, artifact: 'kafka-clients', subject: 'messages' }));
  for (const { artifact, subject, modules } of records) {
    for (const module of modules) {
      for (const message of Object.values(await load(module))) schemas.push({ message, artifact, subject });
    }
  }
  return schemas;
}
