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

/** Every message schema in order, each with the jar that holds its definition. */
export async function allSchemas() {
  const { apis } = await load('api-keys.js');
  const modules = {
    'kafka-clients': ['messages/header.js', 'messages/consumer-protocol.js'],
    'kafka-group-coordinator': [
      'coordinator/offset-commit-record.js',
      'coordinator/group-metadata-record.js',
      'coordinator/consumer-group-record.js',
    ],
  };
  const schemas = Object.values(apis)
    .flatMap(({ request, response }) => [request, response])
    .map((message) => ({ message, artifact: 'kafka-clients' }));
  for (const [artifact, files] of Object.entries(modules)) {
    for (const file of files) {
      for (const message of Object.values(await load(file))) schemas.push({ message, artifact });
    }
  }
  return schemas;
}
