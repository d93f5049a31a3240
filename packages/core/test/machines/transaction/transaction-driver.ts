// Decides how a test drives the transaction machine as its runtime would: records go through their bytes, markers arrive when the test says so.
import type { Ticket } from '../../../src/machines/coordinator/outcome.js';
import type { ProducerResult } from '../../../src/machines/transaction/init-producer-id.js';
import type { MarkerResult } from '../../../src/machines/transaction/markers.js';
import {
  defaultTransactionConfig,
  type TransactionConfig,
} from '../../../src/machines/transaction/transaction-config.js';
import { TransactionMachine } from '../../../src/machines/transaction/transaction-machine.js';
import type {
  TransactionOutcome,
  TransactionTimerEvent,
  WriteMarkers,
} from '../../../src/machines/transaction/transaction-outcome.js';
import {
  eachPartition,
  type TransactionPartition,
  type TransactionValue,
} from '../../../src/machines/transaction/transaction-record.js';
import { ErrorCode } from '../../../src/protocol/errors.js';
import type { EncodedRecord } from '../../../src/runtime/coordinator-serde.js';
import { transactionRecordSerde } from '../../../src/runtime/transaction-record-serde.js';

export interface Producer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface Answer extends Producer {
  readonly errorCode: number;
}

/** `t-0` as a partition. */
export function partitionOf(name: string): TransactionPartition {
  const dash = name.lastIndexOf('-');
  return { topic: name.slice(0, dash), partition: Number(name.slice(dash + 1)) };
}

export class TransactionDriver {
  readonly config: TransactionConfig;
  machine: TransactionMachine;
  /** The log, in bytes. */
  readonly log: EncodedRecord[] = [];
  /** Markers that were sent and have not arrived. */
  sent: WriteMarkers[] = [];
  appendError: number | null = null;
  nowMs = 1_000_000;
  readonly notes: string[] = [];
  readonly timers = new Map<string, { dueMs: number; event: TransactionTimerEvent }>();
  /** Handed out when a request lacks one. */
  nextProducerId = 100;
  readonly #answers = new Map<number, unknown>();
  #nextTicket = 1;

  constructor(config: Partial<TransactionConfig> = {}) {
    this.config = { ...defaultTransactionConfig, ...config };
    this.machine = new TransactionMachine(this.config);
    this.apply(this.machine.handleLoaded());
  }

  get #now() {
    return { wallMs: this.nowMs, monotonicMs: this.nowMs };
  }

  value(transactionalId = 'tx'): TransactionValue {
    const value = this.machine.transaction(transactionalId);
    if (value === undefined) throw new Error(`${transactionalId} is not known`);
    return value;
  }

  /** State, epoch and partitions in a line. */
  get state(): string {
    const { state, producerId, producerEpoch, partitions } = this.value();
    const names = Array.from(eachPartition(partitions), ({ topic, partition }) => `${topic}-${partition}`);
    return [`${state} ${producerId}/${producerEpoch}`, ...names].join(' ');
  }

  init(
    expected: Producer | null = null,
    { transactionalId = 'tx', timeoutMs = 60_000 }: { transactionalId?: string; timeoutMs?: number } = {},
  ): Answer {
    return this.#withProducerId((producerId, ticket) =>
      this.machine.handleInitProducerId(
        { transactionalId, timeoutMs, expected },
        producerId,
        ticket,
        this.#now,
      ),
    );
  }

  add(
    producer: Producer,
    names: readonly string[],
    clientTransactionVersion = 0,
    transactionalId = 'tx',
  ): number {
    return this.#call((ticket: Ticket<number>) =>
      this.machine.handleAddPartitions(
        { transactionalId, ...idOf(producer), partitions: names.map(partitionOf), clientTransactionVersion },
        ticket,
        this.#now,
      ),
    );
  }

  verify(producer: Producer, names: readonly string[], transactionalId = 'tx'): readonly number[] {
    const partitions = names.map(partitionOf);
    return this.machine.verify({
      transactionalId,
      ...idOf(producer),
      partitions,
      clientTransactionVersion: 0,
    });
  }

  end(
    producer: Producer,
    result: 'commit' | 'abort',
    clientTransactionVersion = 0,
    transactionalId = 'tx',
  ): Answer {
    const request = { transactionalId, ...idOf(producer), result, clientTransactionVersion };
    return this.#withProducerId((producerId, ticket) =>
      this.machine.handleEndTransaction(request, producerId, ticket, this.#now),
    );
  }

  /** The markers that are under way arrive; `codeOf` says what each partition answers. */
  deliver(codeOf: (partition: TransactionPartition) => number = () => ErrorCode.NONE): void {
    const { sent } = this;
    this.sent = [];
    for (const message of sent) {
      const results = message.partitions.map((partition): MarkerResult => ({
        ...partition,
        errorCode: codeOf(partition),
      }));
      this.apply(this.machine.handleMarkersWritten(message, results, this.#now));
    }
  }

  /** Lets time pass, firing each timer when it is due. */
  advance(ms: number): void {
    const end = this.nowMs + ms;
    for (;;) {
      const [next] = [...this.timers]
        .filter(([, { dueMs }]) => dueMs <= end)
        .sort(([, a], [, b]) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      const [key, { dueMs, event }] = next;
      this.timers.delete(key);
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.apply(this.machine.handleTimer(event, this.#now));
    }
    this.nowMs = end;
  }

  /** The coordinator dies and another loads its log; `records` of it are there. */
  restart(records = this.log.length): void {
    const serde = transactionRecordSerde(this.config.transactionVersion);
    this.log.length = records;
    this.sent = [];
    this.timers.clear();
    this.machine = new TransactionMachine(this.config);
    for (const { key, value } of this.log) {
      const decoded = serde.decode(key, value);
      if (decoded.kind === 'unknown') throw new Error(decoded.what);
      this.machine.replay(decoded.record);
    }
    this.apply(this.machine.handleLoaded());
  }

  apply(outcome: TransactionOutcome): void {
    const serde = transactionRecordSerde(this.config.transactionVersion);
    for (const { message } of outcome.notes) this.notes.push(message);
    for (const change of outcome.timers) {
      if (change.kind === 'cancel') this.timers.delete(change.key);
      else this.timers.set(change.key, { dueMs: this.nowMs + change.delayMs, event: change.event });
    }
    if (outcome.records.length > 0 && this.appendError !== null) {
      const { appendError } = this;
      for (const { ticket } of outcome.replies) this.#answers.set(ticket.id, { appendError });
      if (outcome.failure !== null) this.apply(this.machine.handleAppendFailure(outcome.failure));
      return;
    }
    for (const record of outcome.records) {
      this.log.push(serde.encode(record));
      this.machine.replay(record);
    }
    for (const { ticket, body } of outcome.replies) this.#answers.set(ticket.id, body);
    this.sent.push(...outcome.messages);
  }

  #call<Body>(handle: (ticket: Ticket<Body>) => TransactionOutcome): Body {
    const ticket: Ticket<Body> = { id: this.#nextTicket++ };
    this.apply(handle(ticket));
    if (!this.#answers.has(ticket.id)) throw new Error('The request was not answered');
    return this.#answers.get(ticket.id) as Body;
  }

  #withProducerId(
    handle: (newProducerId: number | null, ticket: Ticket<ProducerResult>) => TransactionOutcome,
  ): Answer {
    const first = this.#call((ticket: Ticket<ProducerResult>) => handle(null, ticket));
    if (first.kind !== 'needs-producer-id') return first;
    const newProducerId = this.nextProducerId++;
    const second = this.#call((ticket: Ticket<ProducerResult>) => handle(newProducerId, ticket));
    if (second.kind === 'needs-producer-id') throw new Error('It was given a producer id and asks for one');
    return second;
  }
}

function idOf({ producerId, producerEpoch }: Producer): Producer {
  return { producerId, producerEpoch };
}
