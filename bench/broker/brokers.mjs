// Decides how the two brokers that are compared are started: alike in what they are told, each as its users start it.
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { layOutApacheKafka } from '../../interop/support/apache-kafka.mjs';
import { startOttlaBroker } from '../../interop/support/ottla-broker.mjs';
import { repository } from '../../interop/support/tools.mjs';
import { bundleCommand } from '../../tools/publish/bundle-command.mjs';
import { freePorts } from '../../interop/support/ports.mjs';
import { millisecondsUntilAnswer } from './first-answer.mjs';

/** Groups form at once and deleted topics go soon, so that a run measures records and not waits, and fills no disk. */
const properties = { 'group.initial.rebalance.delay.ms': '0', 'log.segment.delete.delay.ms': '1000' };
const startTimeoutMs = 120_000;

/** What kafka-server-start.sh gives the virtual machine when nobody says otherwise. */
const apacheJavaFlags = [
  '-Xmx1G',
  '-Xms1G',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-Djava.awt.headless=true',
];

/**
 * @typedef {{ name: 'apache' | 'ottla', bootstrapServers: string, pid: number, firstAnswerMs: number, stop: () => Promise<void> }} Broker
 */

/** @param {{ java: string, classPath: string }} kafka @returns {Promise<Broker>} */
export async function startApache(kafka) {
  const node = await layOutApacheKafka(kafka, { properties, javaFlags: apacheJavaFlags });
  const [server, firstAnswerMs] = await Promise.all([
    node.start(),
    millisecondsUntilAnswer(portOf(node.bootstrapServers), startTimeoutMs),
  ]);
  const stop = async () => {
    await server.stop('SIGTERM');
    await node.remove();
  };
  return { name: 'apache', bootstrapServers: node.bootstrapServers, pid: server.pid, firstAnswerMs, stop };
}

/** Lays the command out as an installed package has it. @returns {Promise<{ command: string, remove: () => Promise<void> }>} */
export async function installOttla() {
  const directory = await mkdtemp(path.join(tmpdir(), 'ottla-bench-command-'));
  const core = path.join(repository, 'packages', 'core');
  for (const part of ['package.json', 'bin'])
    await cp(path.join(core, part), path.join(directory, part), { recursive: true });
  await bundleCommand(path.join(directory, 'dist', 'command'));
  await symlink(path.join(repository, 'node_modules'), path.join(directory, 'node_modules'));
  return {
    command: path.join(directory, 'bin', 'ottla.js'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** @param {string} command @returns {Promise<Broker>} */
export async function startOttla(command) {
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'ottla-bench-'));
  const [port] = await freePorts(1);
  const args = Object.entries(properties).flatMap(([name, value]) => ['--config', `${name}=${value}`]);
  const [server, firstAnswerMs] = await Promise.all([
    startOttlaBroker({ command, dataDirectory, port, args: ['--log-level', 'warn', ...args] }),
    millisecondsUntilAnswer(Number(port), startTimeoutMs),
  ]);
  const stop = async () => {
    await server.stop('SIGTERM');
    await rm(dataDirectory, { recursive: true, force: true });
  };
  const { bootstrapServers, pid } = server;
  return { name: 'ottla', bootstrapServers, pid, firstAnswerMs, stop };
}

/** @param {string} bootstrapServers */
const portOf = (bootstrapServers) => Number(bootstrapServers.split(':').at(-1));
