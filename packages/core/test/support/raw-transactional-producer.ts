// Decides how tests speak to the broker as a transactional producer of either protocol, request by request, without a client's repetitions.
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { RawClient } from './raw-client.js';
import { batchOf } from './record-batches.js';

/** The versions that producers of the two protocols speak (KIP-890). */
const versions = {
  classic: { produce: 11, endTxn: 4, txnOffsetCommit: 4 },
  second: { produce: 12, endTxn: 5, txnOffsetCommit: 5 },
} as const;

export type TransactionProtocol = keyof typeof versions;

/** Where it sends: a TestBroker, or any cluster in real time. */
export interface TransactionalWorld {
  connect(): RawClient;
  settled<Value>(promise: Promise<Value>): Promise<Value>;
  readonly time: { advance(ms: number): Promise<void> };
}

export interface SendOptions {
  readonly partition?: number;
  readonly acks?: number;
  readonly version?: number;
  readonly baseSequence?: number;
}

export class RawTransactionalProducer {
  producerId = -1;
  producerEpoch = -1;
  readonly #broker: TransactionalWorld;
  readonly #protocol: TransactionProtocol;
  readonly transactionalId: string;
  #client: RawClient;
  /** By topic and partition, of the present epoch. */
  #sequences = new Map<string, number>();

  constructor(broker: TransactionalWorld, transactionalId: string, protocol: TransactionProtocol = 'second') {
    this.#broker = broker;
    this.#protocol = protocol;
    this.transactionalId = transactionalId;
    this.#client = broker.connect();
  }

  get client(): RawClient {
    return this.#client;
  }

  /** After a restart of the broker. */
  reconnect(): void {
    this.#client = this.#broker.connect();
  }

  /** What the producer believes now; the result sets it back, as if the answers since had never come. */
  remember(): () => void {
    const { producerId, producerEpoch } = this;
    const sequences = new Map(this.#sequences);
    return () => {
      this.#become(producerId, producerEpoch);
      this.#sequences = sequences;
    };
  }

  /** Finds the coordinator and asks for an id and epoch until no transaction is in the way; gives the error codes on the way. */
  async init({ timeoutMs = 60_000 } = {}): Promise<number[]> {
    await this.findCoordinator();
    const codes: number[] = [];
    for (let attempt = 0; attempt < 100; attempt++) {
      const code = await this.initOnce({ timeoutMs });
      codes.push(code);
      if (code !== ErrorCode.CONCURRENT_TRANSACTIONS && code !== ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
        break;
      await this.#broker.time.advance(20);
    }
    return codes;
  }

  async findCoordinator(): Promise<void> {
    await this.#settled(
      this.#client.send(apis.findCoordinator, 4, { keyType: 1, coordinatorKeys: [this.transactionalId] }),
    );
  }

  async initOnce({
    timeoutMs = 60_000,
    version = 4,
    producerId = -1,
    producerEpoch = -1,
  } = {}): Promise<number> {
    const reply = await this.#settled(
      this.#client.send(apis.initProducerId, version, {
        transactionalId: this.transactionalId,
        transactionTimeoutMs: timeoutMs,
        producerId,
        producerEpoch,
      }),
    );
    if (reply.errorCode === ErrorCode.NONE) this.#become(reply.producerId, reply.producerEpoch);
    return reply.errorCode;
  }

  /** The error codes, in the order of the partitions. */
  async add(topic: string, partitions: readonly number[] = [0], version = 3): Promise<number[]> {
    const reply = await this.#settled(
      this.#client.send(apis.addPartitionsToTxn, version, {
        v3AndBelowTransactionalId: this.transactionalId,
        v3AndBelowProducerId: this.producerId,
        v3AndBelowProducerEpoch: this.producerEpoch,
        v3AndBelowTopics: [{ name: topic, partitions }],
      }),
    );
    return reply.resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) =>
      resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
    );
  }

  /** Sends one batch, into the transaction as the protocol has it; the partition's answer. */
  async send(topic: string, values: readonly string[], options: SendOptions = {}) {
    const { partition = 0, acks = -1, version = versions[this.#protocol].produce } = options;
    const key = `${topic}-${partition}`;
    const baseSequence = options.baseSequence ?? this.#sequences.get(key) ?? 0;
    const { producerId, producerEpoch } = this;
    const records = batchOf(values, { producerId, producerEpoch, baseSequence, isTransactional: true });
    const reply = await this.#settled(
      this.#client.send(apis.produce, version, {
        transactionalId: this.transactionalId,
        acks,
        timeoutMs: 30_000,
        topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
      }),
    );
    const answer = reply.responses[0]!.partitionResponses[0]!;
    if (answer.errorCode === ErrorCode.NONE) this.#sequences.set(key, baseSequence + values.length);
    return answer;
  }

  async addOffsets(groupId: string, version = 4): Promise<number> {
    const { transactionalId, producerId, producerEpoch } = this;
    const request = { transactionalId, producerId, producerEpoch, groupId };
    return (await this.#settled(this.#client.send(apis.addOffsetsToTxn, version, request))).errorCode;
  }

  /** Commits one offset with the transaction. */
  async commitOffset(
    groupId: string,
    topic: string,
    offset: number,
    options: { version?: number; memberId?: string; generation?: number; partition?: number } = {},
  ): Promise<number> {
    const { version = versions[this.#protocol].txnOffsetCommit, partition = 0 } = options;
    const { memberId = '', generation = -1 } = options;
    const { transactionalId, producerId, producerEpoch } = this;
    const reply = await this.#settled(
      this.#client.send(apis.txnOffsetCommit, version, {
        transactionalId,
        groupId,
        producerId,
        producerEpoch,
        memberId,
        generationIdOrMemberEpoch: generation,
        topics: [
          {
            name: topic,
            partitions: [{ partitionIndex: partition, committedOffset: offset, committedMetadata: '' }],
          },
        ],
      }),
    );
    return reply.topics[0]!.partitions[0]!.errorCode;
  }

  async end(result: 'commit' | 'abort', version: number = versions[this.#protocol].endTxn): Promise<number> {
    const { transactionalId, producerId, producerEpoch } = this;
    const reply = await this.#settled(
      this.#client.send(apis.endTxn, version, {
        transactionalId,
        producerId,
        producerEpoch,
        committed: result === 'commit',
      }),
    );
    if (reply.errorCode === ErrorCode.NONE && version >= versions.second.endTxn)
      this.#become(reply.producerId, reply.producerEpoch);
    return reply.errorCode;
  }

  #become(producerId: number, producerEpoch: number): void {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    this.#sequences = new Map();
  }

  #settled<Value>(promise: Promise<Value>): Promise<Value> {
    return this.#broker.settled(promise);
  }
}
