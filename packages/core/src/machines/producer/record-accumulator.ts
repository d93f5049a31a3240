// Decides which batch takes a record, when a batch is ready to go, and which batches go together (PC3-PC7).
import type { Random } from '../../ports/random.js';
import { batchHeaderBytes, RecordBatch } from '../../protocol/records/record-batch.js';
import { RecordBatchBuilder } from '../../protocol/records/record-batch-builder.js';
import type { RecordHeaderInput } from '../../protocol/records/record-header.js';
import { RecordCursor, type ExpansionOptions } from '../../protocol/records/record-reader.js';
import { maxSizeOfRecord, sizeOfRecord, type RecordBytes } from '../../protocol/records/record-size.js';
import { PartitionQueue } from './partition-queue.js';
import { ProducerBatch, type ProducerQueue } from './producer-batch.js';
import type { ProducerIdentity } from './producer-identity.js';
import type { SentRecord } from './sent-record.js';
import { StickyPartitioner } from './sticky-partitioner.js';

export interface AccumulatorOptions {
  readonly batchSizeBytes: number;
  readonly bufferMemoryBytes: number;
  readonly lingerMs: number;
  readonly deliveryTimeoutMs: number;
  /** True when a partition must not have two batches on the way and has no sequences to order them (in-flight 1). */
  readonly oneBatchAtATime: boolean;
}

/** The partitions of one topic. */
export class TopicQueues<Receiver = unknown> {
  readonly partitions: ProducerQueue<Receiver>[] = [];
  /** Partitions that the topic once had, from the last on: what waits for them goes on when they come back. */
  readonly #gone: ProducerQueue<Receiver>[] = [];

  constructor(
    readonly topic: string,
    readonly sticky: StickyPartitioner,
  ) {}

  /** A topic gains partitions, or was deleted and created again with fewer. */
  resize(count: number): void {
    const { partitions } = this;
    while (partitions.length < count)
      partitions.push(this.#gone.pop() ?? new PartitionQueue(this.topic, partitions.length));
    while (partitions.length > count) {
      const queue = partitions.pop() as ProducerQueue<Receiver>;
      queue.leader = -1;
      this.#gone.push(queue);
    }
  }
}

/** What is ready at one moment. */
export interface ReadyOutcome {
  /** Nodes that lead a partition with a batch ready to go. */
  readonly nodes: readonly number[];
  /** When to look again, on the monotonic clock; infinity when only an event can change anything. */
  readonly wakeMs: number;
  /** A batch is ready and its partition has no known leader. */
  readonly lacksLeader: boolean;
}

export interface LeaderUpdate {
  readonly leader: number;
  readonly leaderEpoch: number;
}

const pooledBuffersMax = 1024;

export class RecordAccumulator<Receiver = unknown> {
  readonly #topics = new Map<string, TopicQueues<Receiver>>();
  /** Queues that have a batch, waiting or on the wire; soft, rebuilt by use. */
  readonly #active = new Set<ProducerQueue<Receiver>>();
  /** Batches not yet done. */
  readonly incomplete = new Set<ProducerBatch<Receiver>>();
  /** Buffers of acknowledged batches, to be written again; bounded by the buffer memory. */
  readonly #pool: Buffer[] = [];
  #usedBytes = 0;
  #drainStart = 0;
  #lastOrder = 0;
  /** Everything is ready while somebody waits for memory or flushes, or the producer closes. */
  isHurried = false;

  constructor(
    private readonly options: AccumulatorOptions,
    private readonly identity: ProducerIdentity | null,
    private readonly random: Random,
  ) {}

  /** `order` of the youngest batch. */
  get lastOrder(): number {
    return this.#lastOrder;
  }

  /** `order` of the oldest batch that is not done; infinity when all are. */
  get oldestOrder(): number {
    for (const batch of this.incomplete) return batch.order;
    return Number.POSITIVE_INFINITY;
  }

  get availableBytes(): number {
    return this.options.bufferMemoryBytes - this.#usedBytes;
  }

  topic(name: string): TopicQueues<Receiver> | undefined {
    return this.#topics.get(name);
  }

  /** Takes the partitions of a topic and their leaders from metadata. */
  updateTopic(name: string, leaders: readonly LeaderUpdate[]): TopicQueues<Receiver> {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = new TopicQueues(name, new StickyPartitioner(this.options.batchSizeBytes, this.random));
      this.#topics.set(name, topic);
    }
    const { partitions } = topic;
    topic.resize(leaders.length);
    for (const [index, queue] of partitions.entries()) {
      queue.leader = leaders[index]?.leader ?? -1;
      queue.leaderEpoch = leaders[index]?.leaderEpoch ?? -1;
    }
    return topic;
  }

  /** Appends to the partition's open batch; false when a new one is needed. */
  tryAppend(
    queue: ProducerQueue<Receiver>,
    record: SentRecord,
    key: RecordBytes,
    value: RecordBytes,
    headers: readonly RecordHeaderInput[] | undefined,
    receiver: Receiver,
  ): boolean {
    const batch = queue.last;
    if (batch === undefined || !batch.isOpen) return false;
    if (!batch.builder.tryAppend(record.timestamp, key, value, headers)) {
      batch.isOpen = false;
      return false;
    }
    batch.add(record, receiver);
    return true;
  }

  /** Appends to a new batch; false when there is no memory for one. */
  appendToNewBatch(
    queue: ProducerQueue<Receiver>,
    record: SentRecord,
    key: RecordBytes,
    value: RecordBytes,
    headers: readonly RecordHeaderInput[] | undefined,
    receiver: Receiver,
    nowMs: number,
  ): boolean {
    const { batchSizeBytes } = this.options;
    let neededBytes = batchHeaderBytes + maxSizeOfRecord(key, value, headers);
    if (neededBytes > batchSizeBytes)
      neededBytes = batchHeaderBytes + sizeOfRecord(0, 0, key, value, headers);
    const chargedBytes = Math.max(batchSizeBytes, neededBytes);
    if (chargedBytes > this.availableBytes) return false;
    const buffer = chargedBytes === batchSizeBytes ? this.#pool.pop() : Buffer.allocUnsafeSlow(chargedBytes);
    const builder = new RecordBatchBuilder({
      batchSizeBytes,
      ...(buffer === undefined ? undefined : { buffer }),
    });
    builder.tryAppend(record.timestamp, key, value, headers);
    const batch = new ProducerBatch(queue, builder, ++this.#lastOrder, nowMs, chargedBytes);
    batch.add(record, receiver);
    this.#usedBytes += chargedBytes;
    this.incomplete.add(batch);
    this.#active.add(queue);
    queue.push(batch);
    return true;
  }

  /** What may go out now. */
  ready(nowMs: number): ReadyOutcome {
    const nodes = new Set<number>();
    let wakeMs = Number.POSITIVE_INFINITY;
    let lacksLeader = false;
    for (const queue of this.#active) {
      const batch = queue.first;
      if (batch === undefined) {
        if (queue.onWire.length === 0 && queue.doubtful.length === 0) this.#active.delete(queue);
        continue;
      }
      if (this.#isHeld(queue, batch)) continue;
      const readyMs = this.#readyMs(queue, batch);
      if (readyMs > nowMs) wakeMs = Math.min(wakeMs, readyMs);
      else if (queue.leader < 0) lacksLeader = true;
      else nodes.add(queue.leader);
    }
    return { nodes: [...nodes], wakeMs, lacksLeader };
  }

  /** When the oldest batch runs out of its delivery timeout; infinity when there is none. */
  nextExpiryMs(): number {
    // Batches are added in the order of their creation; parts of a split one are as old as the whole was.
    for (const batch of this.incomplete) return batch.createdMs + this.options.deliveryTimeoutMs;
    return Number.POSITIVE_INFINITY;
  }

  /** Takes the batches for one request to a node: at most one per partition, together at most `maxBytes` unless the first is larger. */
  drain(node: number, nowMs: number, maxBytes: number): ProducerBatch<Receiver>[] {
    const drained: ProducerBatch<Receiver>[] = [];
    const queues = [...this.#active];
    if (queues.length === 0) return drained;
    // Begin where the last drain stopped, so that no partition starves.
    const start = this.#drainStart % queues.length;
    let bytes = 0;
    for (let step = 0; step < queues.length; step++) {
      const queue = queues[(start + step) % queues.length];
      const batch = queue?.first;
      if (queue === undefined || batch === undefined || queue.leader !== node) continue;
      if (this.#isHeld(queue, batch) || this.#readyMs(queue, batch) > nowMs) continue;
      if (drained.length > 0 && bytes + batch.sizeBytes > maxBytes) break;
      this.#drainStart = start + step + 1;
      queue.shift();
      batch.isOpen = false;
      this.identity?.assign(queue, batch);
      batch.state = 'on-wire';
      batch.leaderEpoch = queue.leaderEpoch;
      batch.nodeId = node;
      queue.onWire.push(batch);
      bytes += batch.sizeBytes;
      drained.push(batch);
    }
    return drained;
  }

  /** The broker has the batch. */
  complete(batch: ProducerBatch<Receiver>, baseOffset: number, logAppendTimeMs: number): boolean {
    const { queue } = batch;
    queue.removeOnWire(batch);
    if (queue.doubtful.length > 0) queue.remove(batch);
    this.identity?.acknowledged(batch.queue, batch);
    if (batch.state === 'done') return false;
    batch.assignOffsets(baseOffset, logAppendTimeMs);
    const { buffer } = batch.builder;
    // After one attempt that was answered nobody reads the bytes any more; with acks 0, or after several, a connection may.
    const isReusable =
      baseOffset >= 0 && batch.attempts === 1 && buffer.length === this.options.batchSizeBytes;
    if (isReusable && this.#pool.length < pooledBuffersMax) this.#pool.push(buffer);
    this.#finish(batch);
    return true;
  }

  /** Puts a batch back to its place, to go out again after `backoffMs`. */
  retry(batch: ProducerBatch<Receiver>, nowMs: number, backoffMs: number): void {
    const { queue } = batch;
    queue.removeOnWire(batch);
    if (batch.state === 'done') return;
    batch.state = 'waiting';
    batch.retries++;
    batch.notBeforeMs = nowMs + backoffMs;
    queue.insert([batch], batch.order);
    this.#active.add(queue);
  }

  /** Puts a batch aside that the broker may have although it found it out of order, until a later one tells. */
  doubt(batch: ProducerBatch<Receiver>): void {
    const { queue } = batch;
    queue.removeOnWire(batch);
    if (batch.state === 'done') return;
    batch.state = 'waiting';
    batch.retries++;
    queue.doubtful.push(batch);
    this.#active.add(queue);
  }

  /** Batches that the broker must have, because it has a later one of the same epoch. */
  provenBy(batch: ProducerBatch<Receiver>): ProducerBatch<Receiver>[] {
    const { doubtful } = batch.queue;
    if (doubtful.length === 0) return doubtful;
    return doubtful.filter(
      ({ order, sequence }) =>
        order < batch.order &&
        sequence?.producerId === batch.sequence?.producerId &&
        sequence?.producerEpoch === batch.sequence?.producerEpoch,
    );
  }

  /** Gives a batch up after the broker refused it. False when its records were told of before. */
  refuse(batch: ProducerBatch<Receiver>): boolean {
    batch.queue.removeOnWire(batch);
    this.identity?.refused(batch.queue, batch);
    if (batch.state === 'done') return false;
    this.#finish(batch);
    return true;
  }

  /** Gives up batches that were too long in the making (PC7), on the wire or not. */
  expire(nowMs: number): ProducerBatch<Receiver>[] {
    const expired: ProducerBatch<Receiver>[] = [];
    for (const batch of this.incomplete) {
      if (batch.createdMs + this.options.deliveryTimeoutMs > nowMs) break;
      expired.push(batch);
    }
    for (const batch of expired) this.abandon(batch);
    return expired;
  }

  /** Gives a batch up without an answer; one that is on the wire stays counted there until its answer comes. */
  abandon(batch: ProducerBatch<Receiver>): void {
    if (batch.state === 'done') return;
    if (batch.sequence !== null) this.identity?.abandoned(batch.queue, batch);
    if (batch.state === 'waiting') batch.queue.remove(batch);
    this.#finish(batch);
  }

  /** Gives up all that is not on the wire, as when its transaction is aborted. */
  abandonWaiting(): ProducerBatch<Receiver>[] {
    const waiting = [...this.incomplete].filter((batch) => batch.state === 'waiting');
    for (const batch of waiting) this.abandon(batch);
    return waiting;
  }

  /** Partitions with batches that wait. */
  *waitingQueues(): Generator<ProducerQueue<Receiver>> {
    for (const queue of this.#active) if (queue.first !== undefined) yield queue;
  }

  /** Whether any batch is unfinished, or on the wire though it was given up. */
  hasOutstanding(): boolean {
    if (this.incomplete.size > 0) return true;
    for (const queue of this.#active) if (queue.onWire.length > 0) return true;
    return false;
  }

  /** Gives up everything, as when the producer closes. */
  abandonAll(): ProducerBatch<Receiver>[] {
    const all = [...this.incomplete];
    for (const batch of all) this.abandon(batch);
    return all;
  }

  /** Lets partitions whose answers are all in settle their sequences; true when a new producer id is needed. */
  settleSequences(): boolean {
    const { identity } = this;
    // Those of a transactional producer are settled by the end of the transaction.
    if (identity === null || identity.isTransactional) return false;
    let needsProducerId = false;
    for (const queue of this.#active) {
      if (queue.needsNewEpoch || queue.isUnresolved || queue.doubtful.length > 0)
        needsProducerId = identity.settle(queue) || needsProducerId;
    }
    return needsProducerId;
  }

  /** Cuts a batch that the broker found too large into parts of about half its size, which go out in its place (PC8). */
  split(batch: ProducerBatch<Receiver>, nowMs: number, expansion: ExpansionOptions): void {
    const { queue } = batch;
    queue.removeOnWire(batch);
    if (batch.state === 'done') return;
    const cursor = new RecordCursor(new RecordBatch(batch.encode(null)), expansion);
    const partBytes = Math.max(batchHeaderBytes + 1, Math.ceil(batch.builder.sizeInBytes / 2));
    const parts: ProducerBatch<Receiver>[] = [];
    let part: ProducerBatch<Receiver> | null = null;
    for (let index = 0; cursor.next(); index++) {
      const { key, value, headers, timestamp } = cursor;
      if (part === null || !part.builder.tryAppend(timestamp, key, value, headers)) {
        const builder = new RecordBatchBuilder({ batchSizeBytes: partBytes });
        const chargedBytes = parts.length === 0 ? batch.chargedBytes : 0;
        builder.tryAppend(timestamp, key, value, headers);
        part = new ProducerBatch<Receiver>(queue, builder, batch.order, batch.createdMs, chargedBytes);
        part.isOpen = false;
        part.retries = batch.retries + 1;
        part.notBeforeMs = nowMs;
        parts.push(part);
      }
      part.records.push(batch.records[index] as SentRecord);
      part.receivers.push(batch.receivers[index] as Receiver);
    }
    this.#takeOver(batch, parts);
    queue.insert(parts, batch.order);
    this.#active.add(queue);
  }

  /** The parts of a batch stand for it: same sequences, same age, places in their order up to its own; the first bears its charge. */
  #takeOver(batch: ProducerBatch<Receiver>, parts: readonly ProducerBatch<Receiver>[]): void {
    batch.state = 'done';
    const orderPerRecord = batch.orderPerRecord || 1 / batch.recordCount;
    let order = batch.order;
    for (const part of parts.toReversed()) {
      part.order = order;
      part.orderPerRecord = orderPerRecord;
      order -= part.recordCount * orderPerRecord;
    }
    const younger = [...this.incomplete];
    this.incomplete.clear();
    for (const each of younger) {
      if (each !== batch) this.incomplete.add(each);
      else for (const part of parts) this.incomplete.add(part);
    }
    const { sequence } = batch;
    if (sequence === null) return;
    let baseSequence = sequence.baseSequence;
    for (const part of parts) {
      part.sequence = { ...sequence, baseSequence };
      baseSequence = (baseSequence + part.recordCount) % 0x8000_0000;
    }
  }

  #finish(batch: ProducerBatch<Receiver>): void {
    batch.state = 'done';
    this.incomplete.delete(batch);
    this.#usedBytes -= batch.chargedBytes;
  }

  /** Whether the partition's order forbids its oldest batch to go out now. */
  #isHeld(queue: ProducerQueue<Receiver>, batch: ProducerBatch<Receiver>): boolean {
    if (this.options.oneBatchAtATime && queue.onWire.length > 0) return true;
    return this.identity !== null && !this.identity.maySend(queue, batch);
  }

  /** When the oldest batch of a queue may go out (PC5). */
  #readyMs(queue: ProducerQueue<Receiver>, batch: ProducerBatch<Receiver>): number {
    if (batch.notBeforeMs > 0) return queue.leaderEpoch > batch.leaderEpoch ? 0 : batch.notBeforeMs;
    if (this.isHurried || queue.length > 1 || batch.isFull) return 0;
    return batch.createdMs + this.options.lingerMs;
  }
}
