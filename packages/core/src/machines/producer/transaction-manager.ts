// Decides where a producer stands in its transactions, and what it asks a coordinator next (PC9, KIP-98, KIP-360, KIP-890).
import { assert } from '../../foundation/assert.js';
import type { Random } from '../../ports/random.js';
import { ErrorCode } from '../../protocol/errors.js';
import type { ProducerQueue } from './producer-batch.js';
import { ProducerIdentity, type TransactionGate } from './producer-identity.js';
import { TransactionCoordinators } from './transaction-coordinators.js';
import { decideTransactionError } from './transaction-error-decision.js';
import {
  TransactionProgress,
  type OpenOffsets,
  type TransactionFailure,
  type TransactionSettlement,
} from './transaction-progress.js';
import type {
  OffsetsGroup,
  PartitionErrorCode,
  ProducerRequest,
  TransactionAnswer,
  TransactionOffset,
  TransactionProtocolVersion,
  TransactionRequest,
  TransactionSupport,
} from './transaction-request.js';

/**
 * `uninitialized` → `initializing` → `ready` → `in-transaction` → `committing` or `aborting` → `ready`. From a transaction, and
 * from its commit, an error leads to `abortable-error`, whence only an abort leads back; `fatal-error` is the end.
 */
export type TransactionState =
  | 'uninitialized'
  | 'initializing'
  | 'ready'
  | 'in-transaction'
  | 'committing'
  | 'aborting'
  | 'abortable-error'
  | 'fatal-error';

export interface TransactionOptions {
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
}

/** What the coordinator knows of the transaction: nothing, something, or perhaps something, as an answer was lost. */
type Started = 'no' | 'perhaps' | 'yes';

type WithoutOrigin<Request> = Request extends ProducerRequest
  ? Omit<Request, 'node' | 'transactionalId' | 'producerId' | 'producerEpoch'>
  : never;

/** What an open transaction asks for, and its end does not need. */
function isOfTransactionOnly(request: TransactionRequest): boolean {
  switch (request.kind) {
    case 'end':
    case 'init-producer-id':
      return false;
    case 'find-coordinator':
      return request.keyType === 'group';
    default:
      return true;
  }
}

export class TransactionManager implements TransactionGate {
  state: TransactionState = 'uninitialized';
  /** Why the transaction or the producer came to its end; null while nothing is wrong. */
  failure: TransactionFailure | null = null;
  /** Why the last request has to be made again; null when none has. */
  obstacle: TransactionFailure | null = null;
  /** Of the transaction that is open, or was last. */
  protocolVersion: TransactionProtocolVersion = 1;
  readonly identity = new ProducerIdentity(this);
  readonly #progress = new TransactionProgress();
  readonly #coordinators: TransactionCoordinators;
  #support: TransactionSupport = { protocolVersion: 1, canBumpEpoch: false };
  /** Counts transactions; a queue that bears this number is in the open one. */
  #number = 0;
  #started: Started = 'no';
  /** No batch of the transaction may be taken for one of the next: the epoch has to change before that (KIP-360). */
  #needsNewEpoch = false;
  /** The coordinator has ended the transaction, or need not: what remains is the new epoch. */
  #isEnded = false;
  readonly #newPartitions = new Set<ProducerQueue>();
  readonly #addedGroups = new Set<string>();

  constructor(
    private readonly options: TransactionOptions,
    random: Random,
  ) {
    this.#coordinators = new TransactionCoordinators(options, random);
  }

  /** Nothing is asked before, on the monotonic clock. */
  get notBeforeMs(): number {
    return this.#coordinators.notBeforeMs;
  }

  get hasOpenTransaction(): boolean {
    const { state } = this;
    return state === 'in-transaction' || state === 'committing' || this.dropsBatches;
  }

  /** Batches that wait are not to be sent any more. */
  get dropsBatches(): boolean {
    return this.state === 'aborting' || this.state === 'abortable-error';
  }

  get openOffsetsCount(): number {
    return this.#progress.openOffsets.length;
  }

  initialize(): void {
    assert(this.state === 'uninitialized', 'a producer is initialized once');
    this.state = 'initializing';
    this.#progress.operation = 'initialize';
  }

  begin(): void {
    assert(this.state === 'ready', 'a transaction begins when none is open');
    this.state = 'in-transaction';
    this.protocolVersion = this.#support.protocolVersion;
    this.#number++;
    this.#started = 'no';
    this.#isEnded = false;
    this.#needsNewEpoch = false;
    this.#addedGroups.clear();
  }

  /** Gives the ticket under which the settlement comes. */
  sendOffsets(group: OffsetsGroup, offsets: readonly TransactionOffset[]): number {
    assert(this.state === 'in-transaction', 'offsets go into an open transaction');
    return this.#progress.addOffsets(group, offsets);
  }

  commit(): void {
    assert(this.state === 'in-transaction', 'an open transaction is committed');
    this.state = 'committing';
    this.#progress.operation = 'commit';
  }

  abort(): void {
    const { state } = this;
    assert(state === 'in-transaction' || state === 'abortable-error', 'an open transaction is aborted');
    this.state = 'aborting';
    this.#progress.settleAllOffsets({ severity: 'aborted' });
    this.#progress.operation = 'abort';
    this.#newPartitions.clear();
  }

  /** The transaction can only be aborted now; `needsNewEpoch` when a batch with a sequence was given up. */
  requireAbort(failure: TransactionFailure, needsNewEpoch: boolean): void {
    if (this.state === 'fatal-error') return;
    if (needsNewEpoch && !this.#canHaveNewEpoch) {
      this.fail(failure);
      return;
    }
    this.#needsNewEpoch ||= needsNewEpoch;
    if (this.state !== 'in-transaction' && this.state !== 'committing') return;
    this.state = 'abortable-error';
    this.failure = failure;
    this.#newPartitions.clear();
    this.#progress.settleAll({ severity: 'abortable', failure });
  }

  /** The producer is finished. */
  fail(failure: TransactionFailure): void {
    if (this.state === 'fatal-error') return;
    this.state = 'fatal-error';
    this.failure = failure;
    this.#newPartitions.clear();
    this.#progress.settleAll({ severity: 'fatal', failure });
  }

  takeSettled(): readonly TransactionSettlement[] {
    return this.#progress.takeSettled();
  }

  /** Notes that there are records for a partition; before the second protocol it has to be added first. */
  addPartition(queue: ProducerQueue): void {
    if (this.#lacks(queue) && this.#takesBatches) this.#newPartitions.add(queue);
  }

  maySend(queue: ProducerQueue): boolean {
    return this.#takesBatches && !this.#lacks(queue);
  }

  /** A batch goes out: under the second protocol, that alone may begin the transaction. */
  sending(): void {
    this.#started = 'yes';
  }

  /** What to ask now; null while an answer is awaited, or while batches have to come first. */
  nextRequest(nowMs: number, hasOutstandingBatches: boolean): TransactionRequest | null {
    const coordinators = this.#coordinators;
    if (coordinators.inFlight !== null || nowMs < coordinators.notBeforeMs) return null;
    coordinators.inFlight = this.#choose(hasOutstandingBatches);
    if (coordinators.inFlight?.kind === 'commit-offsets' && this.protocolVersion === 2) this.#started = 'yes';
    return coordinators.inFlight;
  }

  handleAnswer(answer: TransactionAnswer, nowMs: number): void {
    const request = this.#takeInFlight();
    switch (answer.kind) {
      case 'coordinator':
        this.#takeCoordinator(request, answer, nowMs);
        return;
      case 'producer-id':
        this.#support = answer.support;
        if (this.#accepts(request, answer.errorCode, null, nowMs)) this.#takeProducerId(answer);
        return;
      case 'partitions':
        this.#takePartitions(request, answer.results, nowMs);
        return;
      case 'added-offsets':
        if (!this.#accepts(request, answer.errorCode, null, nowMs)) return;
        this.#started = 'yes';
        if (request.kind === 'add-offsets') this.#addedGroups.add(request.groupId);
        return;
      case 'ended':
        this.#takeEnd(request, answer, nowMs);
    }
  }

  /** The coordinator could not be asked, or did not answer. */
  handleFailure(error: Error, isRetriable: boolean, wasWritten: boolean, nowMs: number): void {
    const request = this.#takeInFlight();
    this.#coordinators.forget(request);
    const adds = request.kind === 'add-partitions' || request.kind === 'add-offsets';
    if (adds && wasWritten && this.#started === 'no') this.#started = 'perhaps';
    this.obstacle = { kind: 'error', error };
    if (isRetriable) this.#coordinators.backOff(nowMs, ErrorCode.NONE);
    else this.#failUnlessEnded({ kind: 'error', error });
  }

  get #takesBatches(): boolean {
    return this.state === 'in-transaction' || this.state === 'committing';
  }

  get #canHaveNewEpoch(): boolean {
    return this.protocolVersion === 2 || this.#support.canBumpEpoch;
  }

  #lacks(queue: ProducerQueue): boolean {
    return this.protocolVersion === 1 && queue.transaction !== this.#number;
  }

  #choose(hasOutstandingBatches: boolean): TransactionRequest | null {
    switch (this.state) {
      case 'initializing':
        return this.#initProducerId();
      case 'in-transaction':
        return this.#addition();
      case 'committing':
        return this.#addition() ?? (hasOutstandingBatches ? null : this.#ending('commit'));
      case 'aborting':
        return hasOutstandingBatches ? null : this.#ending('abort');
      default:
        return null;
    }
  }

  /** Partitions first, then offsets; null when there is nothing to add. */
  #addition(): TransactionRequest | null {
    if (this.#newPartitions.size > 0) {
      const partitions = [...this.#newPartitions].map(({ topic, partition }) => ({ topic, partition }));
      return this.#atCoordinator({ kind: 'add-partitions', partitions });
    }
    const open = this.#progress.openOffsets[0];
    return open === undefined ? null : this.#offsetsRequest(open);
  }

  #offsetsRequest({ group, offsets }: OpenOffsets): TransactionRequest {
    const { protocolVersion } = this;
    const { groupId } = group;
    if (protocolVersion === 1 && !this.#addedGroups.has(groupId))
      return this.#atCoordinator({ kind: 'add-offsets', groupId });
    const node = this.#coordinators.groupNode(groupId);
    if (node < 0) return { kind: 'find-coordinator', keyType: 'group', key: groupId };
    return { ...this.#from(node), kind: 'commit-offsets', protocolVersion, group, offsets };
  }

  #ending(result: 'commit' | 'abort'): TransactionRequest | null {
    // Of what nothing is known to the coordinator nothing has to be ended. What perhaps is known is ended, and a new epoch shuts out
    // the request that may still come; asked for first, it would fence this very producer while the transaction is open (T4).
    if (this.#started === 'no') this.#isEnded = true;
    this.#needsNewEpoch ||= this.#started === 'perhaps' && this.#canHaveNewEpoch;
    const { protocolVersion } = this;
    if (!this.#isEnded) return this.#atCoordinator({ kind: 'end', protocolVersion, result });
    if (this.#needsNewEpoch && this.#started !== 'no') return this.#initProducerId();
    this.#becomeReady();
    return null;
  }

  #initProducerId(): TransactionRequest {
    const { transactionTimeoutMs } = this.options;
    return this.#atCoordinator({ kind: 'init-producer-id', transactionTimeoutMs });
  }

  #atCoordinator(request: WithoutOrigin<TransactionRequest>): TransactionRequest {
    const node = this.#coordinators.transactionNode;
    if (node < 0)
      return { kind: 'find-coordinator', keyType: 'transaction', key: this.options.transactionalId };
    return { ...this.#from(node), ...request };
  }

  #from(node: number): ProducerRequest {
    const { producerId, producerEpoch } = this.identity;
    return { node, transactionalId: this.options.transactionalId, producerId, producerEpoch };
  }

  #takeInFlight(): TransactionRequest {
    const request = this.#coordinators.inFlight;
    assert(request !== null, 'an answer belongs to a request');
    this.#coordinators.inFlight = null;
    return request;
  }

  #takeCoordinator(
    request: TransactionRequest,
    { errorCode, message, nodeId }: Extract<TransactionAnswer, { kind: 'coordinator' }>,
    nowMs: number,
  ): void {
    assert(request.kind === 'find-coordinator', 'a coordinator was looked for');
    const subject = request.keyType === 'group' ? request.key : null;
    if (!this.#accepts(request, errorCode, subject, nowMs, message)) return;
    this.#coordinators.found(request.keyType, request.key, nodeId);
  }

  #takeProducerId({ producerId, producerEpoch }: { producerId: number; producerEpoch: number }): void {
    this.identity.initialize(producerId, producerEpoch);
    this.#becomeReady();
  }

  /** Results of AddPartitionsToTxn, or of TxnOffsetCommit: the worst of them decides. */
  #takePartitions(request: TransactionRequest, results: readonly PartitionErrorCode[], nowMs: number): void {
    // A partition that was not looked at says nothing of why (T5).
    const refused =
      results.find(
        ({ errorCode }) => errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.OPERATION_NOT_ATTEMPTED,
      ) ?? results.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
    const subject = refused === undefined ? null : `${refused.topic}-${refused.partition}`;
    if (!this.#accepts(request, refused?.errorCode ?? ErrorCode.NONE, subject, nowMs)) return;
    if (request.kind === 'commit-offsets') {
      if (this.#takesBatches) this.#progress.settleOffsets();
      return;
    }
    this.#started = 'yes';
    const added = new Set(results.map(({ topic, partition }) => `${topic}-${partition}`));
    for (const queue of this.#newPartitions) {
      if (!added.has(`${queue.topic}-${queue.partition}`)) continue;
      queue.transaction = this.#number;
      this.#newPartitions.delete(queue);
    }
  }

  #takeEnd(
    request: TransactionRequest,
    answer: Extract<TransactionAnswer, { kind: 'ended' }>,
    nowMs: number,
  ): void {
    // T6: there is nothing to abort, since the addition whose answer was lost never came to the coordinator.
    const isNothing =
      answer.errorCode === ErrorCode.INVALID_TXN_STATE &&
      this.#started === 'perhaps' &&
      this.state === 'aborting';
    const errorCode = isNothing ? ErrorCode.NONE : answer.errorCode;
    if (!this.#accepts(request, errorCode, null, nowMs)) return;
    const isUpgrade = this.protocolVersion === 1 && answer.support.protocolVersion === 2;
    this.#support = answer.support;
    this.#isEnded = true;
    if (answer.producerId >= 0) {
      this.identity.initialize(answer.producerId, answer.producerEpoch);
      this.#needsNewEpoch = false;
    }
    // The first transaction of the second protocol must not share its epoch with one of the first.
    this.#needsNewEpoch ||= isUpgrade;
    if (!this.#needsNewEpoch) this.#becomeReady();
  }

  /** False when the answer was an error; what follows from it has been decided then. */
  #accepts(
    request: TransactionRequest,
    errorCode: number,
    subject: string | null,
    nowMs: number,
    message: string | null = null,
  ): boolean {
    if (errorCode === ErrorCode.NONE) {
      this.#coordinators.succeeded();
      this.obstacle = null;
      return true;
    }
    const failure: TransactionFailure = {
      kind: 'refused',
      request: request.kind,
      errorCode,
      message,
      subject,
    };
    this.obstacle = failure;
    switch (decideTransactionError(request.kind, errorCode)) {
      case 'find-coordinator':
        this.#coordinators.forget(request);
        this.#coordinators.backOff(nowMs, errorCode);
        break;
      case 'retry':
        this.#coordinators.backOff(nowMs, errorCode);
        break;
      case 'abortable':
        this.#refuse(request, failure, false);
        break;
      case 'new-epoch':
        this.#isEnded = true;
        this.#started = 'perhaps';
        this.#refuse(request, failure, true);
        break;
      case 'fatal':
        this.#failUnlessEnded(failure);
    }
    return false;
  }

  /** An abort that is refused may be asked for again; what it overtook may be refused in vain. */
  #refuse(request: TransactionRequest, failure: TransactionFailure, needsNewEpoch: boolean): void {
    this.#coordinators.succeeded();
    this.requireAbort(failure, needsNewEpoch);
    if (this.state === 'initializing') this.fail(failure);
    if (this.state !== 'aborting' || needsNewEpoch || isOfTransactionOnly(request)) return;
    this.state = 'abortable-error';
    this.failure = failure;
    this.#progress.settleOperation({ severity: 'abortable', failure });
  }

  /** What has been committed stays so, though the producer may be finished. */
  #failUnlessEnded(failure: TransactionFailure): void {
    if (this.#isEnded && this.#progress.operation === 'commit') this.#progress.settleOperation(null);
    this.fail(failure);
  }

  #becomeReady(): void {
    if (this.state === 'fatal-error') return;
    this.state = 'ready';
    this.failure = null;
    this.#progress.settleOperation(null);
  }
}
