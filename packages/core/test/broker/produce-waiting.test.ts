// acks=-1 on partitions whose high watermark lags, as it will with replicas: the partition is a stand-in, all else is real.
import { produce } from '../../src/broker/apis/00-produce.js';
import type { ProduceAdmission } from '../../src/broker/produce-admission.js';
import { RequestContext, type ServedApi } from '../../src/broker/request.js';
import type { TopicRegistry } from '../../src/broker/topic-registry.js';
import { createVirtualTime, type VirtualTime } from '../../src/io/memory/virtual-time.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import type { ProduceResponseInput } from '../../src/protocol/messages/00-produce.js';
import type { AppendResult } from '../../src/runtime/partition-runtime.js';
import { Purgatory, type Watchable } from '../../src/runtime/purgatory.js';
import { batchOf } from '../support/record-batches.js';

class LaggingPartition implements Watchable {
  readonly listeners = new Set<() => void>();
  highWatermark = 0;
  logEndOffset = 0;
  refusal: AppendResult | null = null;

  append(): AppendResult {
    if (this.refusal !== null) return this.refusal;
    const baseOffset = this.logEndOffset++;
    return { kind: 'appended', baseOffset, lastOffset: baseOffset, logAppendTimeMs: -1, logStartOffset: 0 };
  }

  onHighWatermarkAdvance(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  replicated(offset: number): void {
    this.highWatermark = offset;
    for (const listener of this.listeners) listener();
  }
}

const peer = { clientHost: 'h', localAddress: { host: 'h', port: 1 } };

describe('Produce that waits for replicas', () => {
  let time: VirtualTime;
  let purgatory: Purgatory;
  let partitions: LaggingPartition[];
  let handler: ServedApi;

  beforeEach(() => {
    time = createVirtualTime();
    purgatory = new Purgatory(time.timers);
    partitions = [new LaggingPartition(), new LaggingPartition(), new LaggingPartition()];
    const topic = { name: 't', topicId: 'id', isInternal: false, partitions };
    const topics = { byName: (name: string) => (name === 't' ? topic : undefined) };
    handler = produce({
      topics: topics as unknown as TopicRegistry,
      purgatory,
      clock: time.clock,
      // No batch here is of a transaction.
      admission: null as unknown as ProduceAdmission,
    });
  });

  /** One batch to each of the partitions; the answer's codes, when it has come. */
  function send(acks: number, indexes: readonly number[], timeoutMs = 30_000) {
    const partitionData = indexes.map((index) => ({ index, records: batchOf(['r']) }));
    const request = {
      transactionalId: null,
      acks,
      timeoutMs,
      topicData: [{ name: 't', topicId: '', partitionData }],
    };
    const outcome: { codes: number[] | null; atMs: number } = { codes: null, atMs: -1 };
    void Promise.resolve(handler.handle(request, new RequestContext(9, 1, 'c', peer))).then((answer) => {
      const { responses } = answer as ProduceResponseInput;
      outcome.codes = responses.flatMap((each) => each.partitionResponses.map(({ errorCode }) => errorCode));
      outcome.atMs = time.clock.monotonicMs();
    });
    return outcome;
  }

  function isAtRest(): boolean {
    return (
      purgatory.size === 0 &&
      purgatory.watchedCount === 0 &&
      time.armedTimers === 0 &&
      partitions.every(({ listeners }) => listeners.size === 0)
    );
  }

  it('P3: acks=-1 is answered when the high watermark has passed the last offset, and not when it reaches it', async () => {
    partitions[0]!.logEndOffset = 5;
    const answer = send(-1, [0]);
    await time.advance(100);
    partitions[0]!.replicated(5);
    await time.advance(100);
    expect(answer.codes).toBeNull();
    partitions[0]!.replicated(6);
    await time.runUntilIdle();
    expect(answer).toEqual({ codes: [0], atMs: 200 });
    expect(isAtRest()).toBe(true);
  });

  it('P3: acks=1 and acks=0 do not wait', async () => {
    const one = send(1, [0]);
    await time.runUntilIdle();
    expect([one.codes, isAtRest()]).toEqual([[0], true]);
    expect(
      handler.handle(
        { transactionalId: null, acks: 0, timeoutMs: 1, topicData: [] },
        new RequestContext(9, 1, 'c', peer),
      ),
    ).not.toBeInstanceOf(Promise);
  });

  it('P3: it waits for all partitions; one that is refused waits for nothing', async () => {
    partitions[1]!.refusal = {
      kind: 'rejected',
      errorCode: ErrorCode.CORRUPT_MESSAGE,
      message: 'bad',
      recordErrors: [],
    };
    const answer = send(-1, [0, 1, 2, 9]);
    await time.runUntilIdle();
    partitions[2]!.replicated(1);
    await time.runUntilIdle();
    expect(answer.codes).toBeNull();
    partitions[0]!.replicated(1);
    await time.runUntilIdle();
    expect(answer.codes).toEqual([0, ErrorCode.CORRUPT_MESSAGE, 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]);
    expect(isAtRest()).toBe(true);
  });

  it('P4: when the time has run out, what was replicated is acknowledged and the rest timed out; the data stays', async () => {
    const answer = send(-1, [0, 1], 700);
    await time.runUntilIdle();
    partitions[1]!.replicated(1);
    await time.advance(699);
    expect(answer.codes).toBeNull();
    await time.advance(1);
    expect(answer).toEqual({ codes: [ErrorCode.REQUEST_TIMED_OUT, 0], atMs: 700 });
    expect([partitions[0]!.logEndOffset, isAtRest()]).toEqual([1, true]);
  });

  it('P4: a timeout of 0 ends in the next turn', async () => {
    const answer = send(-1, [0], 0);
    await time.advance(0);
    expect(answer).toEqual({ codes: [ErrorCode.REQUEST_TIMED_OUT], atMs: 0 });
  });

  it('P4: a partition that is led elsewhere is NOT_LEADER_OR_FOLLOWER, and the others are still waited for', async () => {
    const answer = send(-1, [0, 1]);
    await time.runUntilIdle();
    purgatory.release(partitions[0]!);
    await time.advance(10);
    expect(answer.codes).toBeNull();
    partitions[1]!.replicated(1);
    await time.runUntilIdle();
    expect(answer).toEqual({ codes: [ErrorCode.NOT_LEADER_OR_FOLLOWER, 0], atMs: 10 });
    expect(isAtRest()).toBe(true);
  });

  it('F5: no polling: a thousand waiting requests keep one subscription for each partition, and one advance asks each once', async () => {
    const answers = Array.from({ length: 1000 }, () => send(-1, [0]));
    await time.runUntilIdle();
    expect([partitions[0]!.listeners.size, purgatory.size, time.armedTimers]).toEqual([1, 1000, 1000]);
    partitions[0]!.replicated(400);
    await time.runUntilIdle();
    expect(answers.filter(({ codes }) => codes !== null)).toHaveLength(400);
    partitions[0]!.replicated(1000);
    await time.runUntilIdle();
    expect(answers.every(({ codes }) => codes?.[0] === 0)).toBe(true);
    expect(isAtRest()).toBe(true);
  });
});
