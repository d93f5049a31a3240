// A transaction manager whose coordinators are a test: it says what is asked, and what is answered.
import { createSeededRandom } from '../../../src/io/memory/seeded-random.js';
import { PartitionQueue } from '../../../src/machines/producer/partition-queue.js';
import type { ProducerQueue } from '../../../src/machines/producer/producer-batch.js';
import { TransactionManager } from '../../../src/machines/producer/transaction-manager.js';
import type {
  OffsetsGroup,
  TransactionAnswer,
  TransactionProtocolVersion,
  TransactionRequest,
  TransactionRequestKind,
} from '../../../src/machines/producer/transaction-request.js';
import { ErrorCode, type ErrorName } from '../../../src/protocol/errors.js';

type Request<Kind extends TransactionRequestKind> = Extract<TransactionRequest, { kind: Kind }>;

export const group: OffsetsGroup = {
  groupId: 'readers',
  generationId: 4,
  memberId: 'reader-1',
  groupInstanceId: null,
};

export const offsetOf = (offset: number) => ({
  topic: 'in',
  partition: 0,
  offset,
  leaderEpoch: -1,
  metadata: '',
});

export class TransactionHarness {
  nowMs = 1000;
  hasOutstandingBatches = false;
  canBumpEpoch = true;
  readonly manager: TransactionManager;

  constructor(public protocolVersion: TransactionProtocolVersion) {
    this.manager = new TransactionManager(
      { transactionalId: 'tx', transactionTimeoutMs: 60_000, retryBackoffMs: 100, retryBackoffMaxMs: 1000 },
      createSeededRandom(1),
    );
  }

  /** A producer that is ready for its first transaction, as producer 9 in epoch 0, coordinated by node 5. */
  static ready(
    protocolVersion: TransactionProtocolVersion,
    options: { readonly canBumpEpoch?: boolean } = {},
  ): TransactionHarness {
    const harness = new TransactionHarness(protocolVersion);
    harness.canBumpEpoch = options.canBumpEpoch ?? true;
    harness.manager.initialize();
    harness.finds(5);
    harness.initializes(9, 0);
    harness.settled();
    return harness;
  }

  /** One with an open transaction that wrote to `out-0`. */
  static open(
    protocolVersion: TransactionProtocolVersion,
    options: { readonly canBumpEpoch?: boolean } = {},
  ): TransactionHarness {
    const harness = TransactionHarness.ready(protocolVersion, options);
    harness.manager.begin();
    harness.writes(harness.queue());
    return harness;
  }

  queue(topic = 'out', partition = 0): ProducerQueue {
    return new PartitionQueue(topic, partition);
  }

  /** A batch goes out and is answered; under the first protocol its partition is added before. */
  writes(queue: ProducerQueue): void {
    this.manager.addPartition(queue);
    if (this.protocolVersion === 1) {
      this.expects('add-partitions');
      this.answersPartitions([[queue.topic, queue.partition, 'NONE']]);
    }
    if (!this.manager.maySend(queue)) throw new Error('the batch may not go out');
    this.manager.sending();
  }

  /** What is asked now. */
  next(): TransactionRequest | null {
    return this.manager.nextRequest(this.nowMs, this.hasOutstandingBatches);
  }

  expects<Kind extends TransactionRequestKind>(kind: Kind): Request<Kind> {
    const request = this.next();
    if (request?.kind !== kind) throw new Error(`asked ${request?.kind ?? 'nothing'}, not ${kind}`);
    return request as Request<Kind>;
  }

  answers(answer: TransactionAnswer): void {
    this.manager.handleAnswer(answer, this.nowMs);
  }

  /** The coordinator is looked up, and is this node. */
  finds(nodeId: number): Request<'find-coordinator'> {
    const request = this.expects('find-coordinator');
    this.answers({ kind: 'coordinator', errorCode: 0, message: null, nodeId });
    return request;
  }

  initializes(producerId: number, producerEpoch: number): Request<'init-producer-id'> {
    const request = this.expects('init-producer-id');
    this.answersInit('NONE', producerId, producerEpoch);
    return request;
  }

  answersInit(error: ErrorName, producerId = -1, producerEpoch = -1): void {
    const { support } = this;
    this.answers({ kind: 'producer-id', errorCode: ErrorCode[error], producerId, producerEpoch, support });
  }

  answersPartitions(results: readonly (readonly [string, number, ErrorName])[]): void {
    this.answers({
      kind: 'partitions',
      results: results.map(([topic, partition, error]) => ({
        topic,
        partition,
        errorCode: ErrorCode[error],
      })),
    });
  }

  answersEnd(error: ErrorName, producerId = -1, producerEpoch = -1): void {
    const { support } = this;
    this.answers({ kind: 'ended', errorCode: ErrorCode[error], producerId, producerEpoch, support });
  }

  /** Whatever was asked is refused. */
  refuses(request: TransactionRequest, error: ErrorName): void {
    const errorCode = ErrorCode[error];
    switch (request.kind) {
      case 'find-coordinator':
        this.answers({ kind: 'coordinator', errorCode, message: null, nodeId: -1 });
        return;
      case 'init-producer-id':
        this.answersInit(error);
        return;
      case 'add-partitions':
        this.answersPartitions(request.partitions.map(({ topic, partition }) => [topic, partition, error]));
        return;
      case 'commit-offsets':
        this.answersPartitions(request.offsets.map(({ topic, partition }) => [topic, partition, error]));
        return;
      case 'add-offsets':
        this.answers({ kind: 'added-offsets', errorCode });
        return;
      case 'end':
        this.answersEnd(error);
    }
  }

  /** No answer came: the request was lost, or its answer. */
  loses(wasWritten = true): void {
    this.manager.handleFailure(new Error('disconnected'), true, wasWritten, this.nowMs);
  }

  /** Waits for the back-off; gives how long that took. */
  backsOff(): number {
    const waitMs = this.manager.notBeforeMs - this.nowMs;
    if (this.next() !== null) throw new Error('asked without waiting');
    this.nowMs = this.manager.notBeforeMs;
    return waitMs;
  }

  /** What became of operations, in words. */
  settled(): string[] {
    return this.manager.takeSettled().map(({ operation, problem }) => {
      if (problem === null) return `${operation}: done`;
      if (problem.severity === 'aborted') return `${operation}: aborted`;
      const { failure, severity } = problem;
      const why =
        failure.kind === 'refused'
          ? `${failure.request} ${nameOf(failure.errorCode)}${failure.subject === null ? '' : ` ${failure.subject}`}`
          : failure.error.message;
      return `${operation}: ${severity}: ${why}`;
    });
  }

  private get support() {
    return { protocolVersion: this.protocolVersion, canBumpEpoch: this.canBumpEpoch };
  }
}

function nameOf(code: number): string {
  return Object.entries(ErrorCode).find(([, each]) => each === code)?.[0] ?? String(code);
}
