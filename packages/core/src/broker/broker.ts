// Decides how the parts of a broker come together, start and stop.
import type { BufferPool } from '../foundation/buffer-pool.js';
import type { FetchSessions } from '../machines/fetch/fetch-sessions.js';
import type { Clock } from '../ports/clock.js';
import type { Diagnostics } from '../ports/diagnostics.js';
import type { Address, Listener, Network, Socket, SocketHandler } from '../ports/network.js';
import type { Timer, Timers } from '../ports/timers.js';
import type { GroupCoordinator } from '../runtime/group-coordinator.js';
import type { Purgatory } from '../runtime/purgatory.js';
import type { TransactionCoordinator } from '../runtime/transaction-coordinator.js';
import type { MarkerWriter } from '../runtime/transaction-shards.js';
import { ApiTable } from './api-table.js';
import { produce } from './apis/00-produce.js';
import { fetch } from './apis/01-fetch.js';
import { listOffsets } from './apis/02-list-offsets.js';
import { metadata } from './apis/03-metadata.js';
import { offsetCommit } from './apis/08-offset-commit.js';
import { offsetFetch } from './apis/09-offset-fetch.js';
import { findCoordinator } from './apis/10-find-coordinator.js';
import { joinGroup } from './apis/11-join-group.js';
import { heartbeat } from './apis/12-heartbeat.js';
import { leaveGroup } from './apis/13-leave-group.js';
import { syncGroup } from './apis/14-sync-group.js';
import { describeGroups } from './apis/15-describe-groups.js';
import { listGroups } from './apis/16-list-groups.js';
import { apiVersions } from './apis/18-api-versions.js';
import { createTopics } from './apis/19-create-topics.js';
import { deleteTopics } from './apis/20-delete-topics.js';
import { deleteRecords } from './apis/21-delete-records.js';
import { initProducerId } from './apis/22-init-producer-id.js';
import { offsetForLeaderEpoch } from './apis/23-offset-for-leader-epoch.js';
import { addPartitionsToTxn } from './apis/24-add-partitions-to-txn.js';
import { addOffsetsToTxn } from './apis/25-add-offsets-to-txn.js';
import { endTxn } from './apis/26-end-txn.js';
import { writeTxnMarkers } from './apis/27-write-txn-markers.js';
import { txnOffsetCommit } from './apis/28-txn-offset-commit.js';
import { describeConfigs } from './apis/32-describe-configs.js';
import { deleteGroups } from './apis/42-delete-groups.js';
import { offsetDelete } from './apis/47-offset-delete.js';
import { alterConfigs } from './apis/33-alter-configs.js';
import { describeLogDirs, type LogDirectoryView } from './apis/35-describe-log-dirs.js';
import { createPartitions } from './apis/37-create-partitions.js';
import { electLeaders } from './apis/43-elect-leaders.js';
import { incrementalAlterConfigs } from './apis/44-incremental-alter-configs.js';
import { alterPartitionReassignments } from './apis/45-alter-partition-reassignments.js';
import { listPartitionReassignments } from './apis/46-list-partition-reassignments.js';
import { describeQuorum } from './apis/55-describe-quorum.js';
import { updateFeatures } from './apis/57-update-features.js';
import { describeCluster } from './apis/60-describe-cluster.js';
import { describeTransactions } from './apis/65-describe-transactions.js';
import { listTransactions } from './apis/66-list-transactions.js';
import { consumerGroupHeartbeat } from './apis/68-consumer-group-heartbeat.js';
import { consumerGroupDescribe } from './apis/69-consumer-group-describe.js';
import { describeProducers } from './apis/61-describe-producers.js';
import { listConfigResources } from './apis/74-list-config-resources.js';
import { describeTopicPartitions } from './apis/75-describe-topic-partitions.js';
import { ClusterView } from './cluster-view.js';
import { Connection, type ConnectionHost } from './connection.js';
import { ConnectionLimits } from './connection-limits.js';
import { ConnectionRate } from './connection-rate.js';
import { consumerProtocolGate } from './consumer-protocol-gate.js';
import type { Controller } from './controller.js';
import { DurableChanges } from './durable-change.js';
import { ProduceAdmission } from './produce-admission.js';
import type { ProducerIds } from './producer-ids.js';
import { ReplyMemory } from './reply-memory.js';
import { RequestMemory } from './request-memory.js';
import { RequestRouter } from './request-router.js';
import { consumerOffsetsTopic, transactionStateTopic } from '../machines/controller/topic-name.js';
import type { TopicRegistry } from './topic-registry.js';

export interface BrokerParts {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly network: Network;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly diagnostics: Diagnostics;
  readonly controller: Controller;
  readonly topics: TopicRegistry;
  readonly logDirectory: LogDirectoryView;
  readonly producerIds: ProducerIds;
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly transactionMarkers: MarkerWriter;
  readonly purgatory: Purgatory;
  readonly fetchSessions: FetchSessions;
  /** Shared with the logs, so that what they read into is used again once it was sent. */
  readonly buffers: BufferPool;
}

/** How long a closing broker waits for clients to take their last replies. */
const lastRepliesMs = 50;
/** Time between two looks for idle connections, at the most. */
const longestLookMs = 60_000;
const refusalLogIntervalMs = 10_000;

export class Broker {
  readonly #parts: BrokerParts;
  readonly #connections = new Set<Connection>();
  #listener: Listener | null = null;
  #idleTimer: Timer | null = null;
  #allClosed: (() => void) | null = null;
  readonly #limits: ConnectionLimits;
  readonly #rate: ConnectionRate;
  /** One for each connection that waits for its place; bounded by max.connections. */
  readonly #waits = new Set<Timer>();
  readonly #replyMemory = new ReplyMemory();
  #refusedConnections = 0;
  #refusalToldMs = -Infinity;

  constructor(parts: BrokerParts) {
    this.#parts = parts;
    this.#limits = new ConnectionLimits(() => parts.topics.config.values);
    this.#rate = new ConnectionRate(() => parts.topics.config.values.maxConnectionCreationRate);
  }

  /** Connections that are open now. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Serves on the address, which clients are told to be `advertised`; rejects when it cannot be bound. */
  async start(listen: Address, advertised: Address | null): Promise<Address> {
    const { network, clock, diagnostics, topics, groups, transactions, purgatory } = this.#parts;
    topics.onDeleted(({ name, partitions }) => {
      for (const partition of partitions) purgatory.release(partition);
      const coordinator =
        name === consumerOffsetsTopic ? groups : name === transactionStateTopic ? transactions : null;
      for (const { partition } of partitions) coordinator?.onPartitionResigned(partition);
      if (coordinator === null) groups.onTopicDeleted(name);
    });
    groups.start();
    // After the groups: what was decided goes on at once, in their partitions too.
    transactions.start();
    try {
      this.#listener = await this.#listen(network, listen, advertised);
    } catch (error) {
      transactions.close();
      groups.close();
      throw error;
    }
    this.#watchIdleConnections(clock);
    const { address } = this.#listener;
    diagnostics.log('debug', 'Listening', { host: address.host, port: address.port });
    return address;
  }

  async #listen(network: Network, listen: Address, advertised: Address | null): Promise<Listener> {
    let host: ConnectionHost | null = null;
    const listener = await network.listen(listen, (socket) => {
      host ??= this.#connectionHost(advertised ?? listener.address);
      const refusal = this.#limits.enter(socket.remoteAddress.host);
      if (refusal !== null) return this.#refuseConnection(socket, refusal);
      const connection = new Connection(socket, host);
      this.#connections.add(connection);
      this.#holdBack(socket);
      return connection;
    });
    return listener;
  }

  /** A connection that comes too fast is not read from until its time has come. */
  #holdBack(socket: Socket): void {
    const { clock, timers } = this.#parts;
    const delayMs = this.#rate.admit(clock.monotonicMs());
    if (delayMs === 0) return;
    socket.pause();
    const wait = timers.after(delayMs, () => {
      this.#waits.delete(wait);
      socket.resume();
    });
    this.#waits.add(wait);
  }

  /** Closes it without a word, as Kafka does; a flood of them is told every ten seconds. */
  #refuseConnection(socket: Socket, reason: string): SocketHandler {
    this.#refusedConnections++;
    const nowMs = this.#parts.clock.monotonicMs();
    if (nowMs - this.#refusalToldMs >= refusalLogIntervalMs) {
      const fields = { address: socket.remoteAddress.host, reason, refused: this.#refusedConnections };
      this.#parts.diagnostics.log('warn', 'Refused connections', fields);
      this.#refusalToldMs = nowMs;
      this.#refusedConnections = 0;
    }
    return { onConnect: () => socket.destroy(), onData: () => undefined, onClose: () => undefined };
  }

  /** Stops accepting, answers what waits with what there is, and closes every connection. The logs are closed by their owner. */
  async close(): Promise<void> {
    const { groups, topics, transactions, purgatory, timers } = this.#parts;
    this.#idleTimer?.cancel();
    this.#idleTimer = null;
    topics.close();
    for (const wait of this.#waits) wait.cancel();
    this.#waits.clear();
    await this.#listener?.close();
    this.#listener = null;
    purgatory.drain();
    transactions.close();
    groups.close();
    // Replies that promises still hold are written before the connections end.
    await new Promise<void>((resolve) => timers.soon(resolve));
    for (const connection of this.#connections) connection.end();
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = timers.after(lastRepliesMs, resolve);
      this.#allClosed = () => {
        timer.cancel();
        resolve();
      };
    });
    for (const connection of this.#connections) connection.destroy();
  }

  #connectionHost(advertised: Address): ConnectionHost {
    const { clock, timers, diagnostics, topics } = this.#parts;
    const { socketRequestMaxBytes, queuedMaxRequestBytes } = topics.config.values;
    return {
      router: new RequestRouter(this.#apiTable(advertised)),
      diagnostics,
      maxRequestBytes: socketRequestMaxBytes,
      requestMemory: new RequestMemory(queuedMaxRequestBytes),
      replyMemory: this.#replyMemory,
      buffers: this.#parts.buffers,
      monotonicMs: () => clock.monotonicMs(),
      soon: (callback) => timers.soon(callback),
      closed: (connection) => {
        this.#connections.delete(connection);
        this.#limits.leave(connection.clientHost);
        if (this.#connections.size === 0) this.#allClosed?.();
      },
    };
  }

  #apiTable(advertised: Address): ApiTable {
    const { clusterId, nodeId, clock, timers, diagnostics } = this.#parts;
    const { topics, groups, transactions, purgatory, producerIds, fetchSessions } = this.#parts;
    const { controller, logDirectory, transactionMarkers } = this.#parts;
    const admission = new ProduceAdmission(topics, transactions);
    const changes = new DurableChanges(controller, timers, () => topics.opened());
    const cluster = new ClusterView(clusterId, nodeId, advertised);
    const table = new ApiTable([
      produce({ topics, purgatory, clock, admission }),
      fetch({ topics, purgatory, cluster, sessions: fetchSessions, clock, replyMemory: this.#replyMemory }),
      listOffsets(topics),
      metadata({ topics, cluster, timers, diagnostics }),
      offsetCommit(groups),
      offsetFetch(groups),
      findCoordinator({ groups, transactions, cluster }),
      joinGroup(groups),
      heartbeat(groups),
      leaveGroup(groups),
      syncGroup(groups),
      describeGroups(groups),
      listGroups(groups),
      apiVersions(() => table, controller),
      createTopics(changes, topics),
      deleteTopics(changes),
      deleteRecords(topics),
      initProducerId(producerIds, transactions),
      offsetForLeaderEpoch(topics),
      addPartitionsToTxn(topics, transactions),
      addOffsetsToTxn(groups, transactions),
      endTxn(transactions),
      writeTxnMarkers(transactionMarkers),
      txnOffsetCommit(groups, transactions, topics),
      describeConfigs(topics),
      deleteGroups(groups),
      offsetDelete(groups),
      alterConfigs(changes),
      describeLogDirs(topics, logDirectory),
      createPartitions(changes),
      electLeaders(controller),
      incrementalAlterConfigs(changes),
      alterPartitionReassignments(controller),
      listPartitionReassignments(),
      describeQuorum(controller, cluster, clock),
      describeCluster(cluster),
      describeProducers(topics),
      describeTransactions(transactions),
      listTransactions(transactions),
      updateFeatures(changes),
      listConfigResources(topics),
      describeTopicPartitions(topics),
      consumerGroupHeartbeat(groups, consumerProtocolGate(controller)),
      consumerGroupDescribe(groups, consumerProtocolGate(controller)),
    ]);
    return table;
  }

  /** One timer looks over all connections, ten times within the idle time (G5). */
  #watchIdleConnections(clock: Clock): void {
    const { timers, diagnostics, topics } = this.#parts;
    const idleMs = topics.config.values.connectionsMaxIdleMs;
    const periodMs = idleMs < 0 ? longestLookMs : Math.min(longestLookMs, Math.max(1, idleMs / 10));
    this.#idleTimer = timers.after(periodMs, () => {
      const oldestMs = idleMs < 0 ? -Infinity : clock.monotonicMs() - idleMs;
      for (const connection of this.#connections) {
        if (connection.endIfIdle(oldestMs))
          diagnostics.log('debug', 'Closed an idle connection', { address: connection.address });
      }
      this.#watchIdleConnections(clock);
    });
  }
}
