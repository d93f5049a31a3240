// Decides how a one-node Apache Kafka (KRaft) is started and stopped on loopback.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { freePorts } from './ports.mjs';
import { run, start } from './processes.mjs';

/** What stands before the main class, or the one source file. @param {{ classPath: string }} kafka */
export function javaFlags(kafka) {
  return ['-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', kafka.classPath];
}

/** @param {{ java: string, classPath: string }} kafka @param {string} mainClass @param {readonly string[]} args @param {Parameters<typeof run>[2]} [options] */
export function javaTool(kafka, mainClass, args, options) {
  return run(kafka.java, [...javaFlags(kafka), mainClass, ...args], options);
}

/**
 * Lays out one node that is broker and controller, in a directory of its own. With `dataDirectory` it serves what is there;
 * without, it begins empty.
 * @param {{ java: string, classPath: string }} kafka
 * @param {{ properties?: Record<string, string>, dataDirectory?: string, javaFlags?: readonly string[] }} [options] more server properties
 */
export async function layOutApacheKafka(kafka, options = {}) {
  const { properties = {}, dataDirectory, javaFlags = ['-Xmx1g'] } = options;
  const [port, controllerPort] = await freePorts(2);
  const directory = await mkdtemp(path.join(tmpdir(), 'apache-kafka-'));
  const logDirectory = dataDirectory ?? path.join(directory, 'data');
  await mkdir(logDirectory, { recursive: true });
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': logDirectory,
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    ...properties,
  };
  const file = path.join(directory, 'server.properties');
  await writeFile(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  if (dataDirectory === undefined) await format(kafka, file);
  const flags = [...javaFlags, '-Dorg.slf4j.simpleLogger.defaultLogLevel=info', '-cp', kafka.classPath];
  return {
    bootstrapServers: `127.0.0.1:${port}`,
    logDirectory,
    start: () =>
      start(kafka.java, [...flags, 'kafka.Kafka', file], {
        ready: /Kafka Server started/,
        timeoutMs: 120_000,
      }),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** @param {{ java: string, classPath: string }} kafka @param {string} file of server properties */
async function format(kafka, file) {
  const clusterId =
    (await javaTool(kafka, 'kafka.tools.StorageTool', ['random-uuid'])).stdout
      .toString()
      .trim()
      .split('\n')
      .at(-1) ?? '';
  await javaTool(kafka, 'kafka.tools.StorageTool', ['format', '-t', clusterId, '-c', file]);
}

/**
 * Starts one node that is broker and controller, with an empty data directory of its own.
 * @param {{ java: string, classPath: string }} kafka
 * @param {Record<string, string>} [properties] more server properties
 */
export async function startApacheKafka(kafka, properties = {}) {
  const node = await layOutApacheKafka(kafka, { properties });
  const startedAtMs = performance.now();
  const server = await node.start();
  return {
    bootstrapServers: node.bootstrapServers,
    pid: server.pid,
    startTimeMs: performance.now() - startedAtMs,
    logDirectory: node.logDirectory,
    async stop() {
      await server.stop('SIGTERM');
      await node.remove();
    },
  };
}
