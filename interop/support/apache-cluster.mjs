// Decides how three nodes of Apache Kafka (KRaft) are laid out on loopback, killed, stopped and started again.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { javaTool } from './apache-kafka.mjs';
import { freePorts } from './ports.mjs';
import { start } from './processes.mjs';

const nodeIds = [1, 2, 3];

/**
 * @typedef {object} ApacheCluster
 * @property {string} bootstrapServers all nodes
 * @property {readonly number[]} nodeIds
 * @property {(nodeId: number) => Promise<void>} start resolves once the node serves
 * @property {(nodeId: number, signal: 'SIGTERM' | 'SIGKILL') => Promise<void>} stop resolves once its process has ended
 * @property {() => Promise<void>} close
 */

/**
 * Starts three nodes, each broker and controller; topics get three replicas, of which two must be in sync.
 * @param {{ java: string, classPath: string }} kafka
 * @returns {Promise<ApacheCluster>}
 */
export async function startApacheCluster(kafka) {
  const directory = await mkdtemp(path.join(tmpdir(), 'apache-kafka-cluster-'));
  const ports = await freePorts(nodeIds.length * 2);
  const clientPorts = ports.slice(0, nodeIds.length);
  const voters = nodeIds.map((id, index) => `${id}@127.0.0.1:${ports[nodeIds.length + index]}`).join(',');
  const random = await javaTool(kafka, 'kafka.tools.StorageTool', ['random-uuid']);
  const clusterId = random.stdout.toString().trim().split('\n').at(-1) ?? '';
  /** @type {Map<number, string>} */
  const files = new Map();
  for (const [index, id] of nodeIds.entries()) {
    const file = path.join(directory, `node-${id}.properties`);
    await writeFile(
      file,
      propertiesOf(
        id,
        voters,
        clientPorts[index],
        ports[nodeIds.length + index],
        path.join(directory, `data-${id}`),
      ),
    );
    await javaTool(kafka, 'kafka.tools.StorageTool', ['format', '-t', clusterId, '-c', file]);
    files.set(id, file);
  }
  /** @type {Map<number, Awaited<ReturnType<typeof start>>>} */
  const running = new Map();
  const flags = ['-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=info', '-cp', kafka.classPath];
  /** @param {number} nodeId */
  const startNode = async (nodeId) => {
    const server = await start(kafka.java, [...flags, 'kafka.Kafka', files.get(nodeId) ?? ''], {
      ready: /Kafka Server started/,
      timeoutMs: 120_000,
    });
    running.set(nodeId, server);
  };
  /** @param {number} nodeId @param {'SIGTERM' | 'SIGKILL'} signal */
  const stopNode = async (nodeId, signal) => {
    const server = running.get(nodeId);
    running.delete(nodeId);
    await server?.stop(signal);
  };
  await Promise.all(nodeIds.map(startNode));
  return {
    bootstrapServers: clientPorts.map((port) => `127.0.0.1:${port}`).join(','),
    nodeIds,
    start: startNode,
    stop: stopNode,
    async close() {
      await Promise.all(nodeIds.map((id) => stopNode(id, 'SIGKILL')));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** @param {number} id @param {string} voters @param {number | undefined} port @param {number | undefined} controllerPort @param {string} data */
function propertiesOf(id, voters, port, controllerPort, data) {
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    'controller.quorum.voters': voters,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': data,
    'default.replication.factor': '3',
    'min.insync.replicas': '2',
    'offsets.topic.num.partitions': '5',
    'transaction.state.log.num.partitions': '5',
    'group.initial.rebalance.delay.ms': '0',
    // Each node is a rack of its own, and consumers may read in theirs (KIP-392).
    'broker.rack': `rack-${id}`,
    'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
    // A killed node is noticed, and a restarted one follows again, within seconds.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'replica.lag.time.max.ms': '5000',
    'replica.socket.timeout.ms': '3000',
    'replica.fetch.wait.max.ms': '200',
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
