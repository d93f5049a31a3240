import { ErrorCode } from '../../../src/protocol/errors.js';
import { markerRetryMs } from '../../../src/machines/transaction/markers.js';
import { TransactionDriver, type Producer } from './transaction-driver.js';

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;

describe('transactions', () => {
  let driver: TransactionDriver;
  let producer: Producer;

  beforeEach(() => {
    driver = new TransactionDriver();
    producer = driver.init();
  });

  describe('their partitions', () => {
    it('T5: the first begins the transaction, more join it, and what is in it writes nothing', () => {
      expect(driver.add(producer, ['t-0'])).toBe(ErrorCode.NONE);
      const begun = driver.value().startTimestampMs;
      driver.nowMs += 10;
      expect(driver.add(producer, ['t-0', 't-1', 'u-7'])).toBe(ErrorCode.NONE);
      expect(driver.state).toBe('Ongoing 100/0 t-0 t-1 u-7');
      expect(driver.value()).toMatchObject({ startTimestampMs: begun, lastUpdateTimestampMs: begun + 10 });
      const recordsBefore = driver.log.length;
      expect(driver.add(producer, ['u-7', 't-0'])).toBe(ErrorCode.NONE);
      expect(driver.log).toHaveLength(recordsBefore);
    });

    it('T5: an unknown id or another producer is INVALID_PRODUCER_ID_MAPPING, another epoch PRODUCER_FENCED', () => {
      expect(driver.add(producer, ['t-0'], 0, 'unknown')).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
      expect(driver.add({ ...producer, producerId: 5 }, ['t-0'])).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
      for (const producerEpoch of [-1, 1])
        expect(driver.add({ ...producer, producerEpoch }, ['t-0'])).toBe(ErrorCode.PRODUCER_FENCED);
    });

    it.each(['commit', 'abort'] as const)(
      'T5: while a %s is carried out it is CONCURRENT_TRANSACTIONS',
      (result) => {
        driver.add(producer, ['t-0']);
        driver.end(producer, result);
        expect(driver.add(producer, ['t-0'])).toBe(ErrorCode.CONCURRENT_TRANSACTIONS);
        driver.deliver();
        expect(driver.add(producer, ['t-1'])).toBe(ErrorCode.NONE);
        expect(driver.state).toBe('Ongoing 100/0 t-1');
      },
    );

    it('P12: verification tells each partition apart and changes nothing', () => {
      driver.add(producer, ['t-0']);
      const recordsBefore = driver.log.length;
      const { NONE, TRANSACTION_ABORTABLE, PRODUCER_FENCED, INVALID_PRODUCER_ID_MAPPING } = ErrorCode;
      expect(driver.verify(producer, ['t-1', 't-0'])).toEqual([TRANSACTION_ABORTABLE, NONE]);
      expect(driver.verify({ ...producer, producerEpoch: 3 }, ['t-0'])).toEqual([PRODUCER_FENCED]);
      expect(driver.verify({ ...producer, producerId: 3 }, ['t-0'])).toEqual([INVALID_PRODUCER_ID_MAPPING]);
      expect(driver.verify(producer, ['t-0'], 'unknown')).toEqual([INVALID_PRODUCER_ID_MAPPING]);
      driver.end(producer, 'abort');
      expect(driver.verify(producer, ['t-0'])).toEqual([ErrorCode.CONCURRENT_TRANSACTIONS]);
      driver.deliver();
      expect(driver.verify(producer, ['t-0'])).toEqual([TRANSACTION_ABORTABLE]);
      expect(driver.log).toHaveLength(recordsBefore + 2);
    });
  });

  describe('their markers', () => {
    beforeEach(() => {
      driver.add(producer, ['t-0', 't-1', 'u-0']);
      driver.end(producer, 'commit');
    });

    it.each([
      ErrorCode.NOT_LEADER_OR_FOLLOWER,
      ErrorCode.NOT_ENOUGH_REPLICAS,
      ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
      ErrorCode.REQUEST_TIMED_OUT,
      ErrorCode.KAFKA_STORAGE_ERROR,
      ErrorCode.UNKNOWN_SERVER_ERROR,
    ])('T7: after error %d a marker is tried again, and only where it is missing', (errorCode) => {
      driver.deliver(({ partition }) => (partition === 1 ? errorCode : ErrorCode.NONE));
      expect(driver.value().state).toBe('PrepareCommit');
      driver.advance(markerRetryMs - 1);
      expect(driver.sent).toEqual([]);
      driver.advance(1);
      expect(driver.sent).toMatchObject([{ partitions: [{ topic: 't', partition: 1 }] }]);
      driver.deliver();
      expect(driver.state).toBe('CompleteCommit 100/0');
    });

    it('T7: a partition that is deleted counts as done', () => {
      driver.deliver(({ topic }) => (topic === 'u' ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.NONE));
      expect(driver.value().state).toBe('CompleteCommit');
    });

    it.each([ErrorCode.INVALID_PRODUCER_EPOCH, ErrorCode.TRANSACTION_COORDINATOR_FENCED])(
      'T7: a partition that knows better (%d) is let be, with a word in the log',
      (errorCode) => {
        driver.deliver(({ topic }) => (topic === 'u' ? errorCode : ErrorCode.NONE));
        expect(driver.value().state).toBe('CompleteCommit');
        expect(driver.notes).toHaveLength(1);
      },
    );

    it('T7: the completion that could not be stored is stored later, without new markers', () => {
      driver.appendError = ErrorCode.KAFKA_STORAGE_ERROR;
      driver.deliver();
      expect(driver.value().state).toBe('PrepareCommit');
      driver.appendError = null;
      driver.advance(markerRetryMs);
      expect(driver.sent).toMatchObject([{ partitions: [] }]);
      driver.deliver();
      expect(driver.value().state).toBe('CompleteCommit');
    });

    it('T7: markers that arrive twice, or late, change nothing', () => {
      const [message] = driver.sent;
      driver.deliver();
      driver.add(producer, ['t-0']);
      driver.sent = [message!];
      driver.deliver();
      expect(driver.state).toBe('Ongoing 100/0 t-0');
    });

    it('T8, corner case 51: a coordinator that loads a decision writes all its markers', () => {
      driver.restart();
      expect(driver.sent).toMatchObject([{ end: { result: 'commit' }, partitions: [{}, {}, {}] }]);
      driver.deliver();
      expect(driver.state).toBe('CompleteCommit 100/0');
    });

    it('T8: without the decision in the log the transaction is open after a restart, and its producer ends it', () => {
      driver.restart(driver.log.length - 1);
      expect(driver.state).toBe('Ongoing 100/0 t-0 t-1 u-0');
      expect(driver.sent).toEqual([]);
      expect(driver.end(producer, 'abort').errorCode).toBe(ErrorCode.NONE);
    });
  });

  describe('that take too long', () => {
    it.each([
      ['the first protocol', 0, 1],
      ['transaction.version 2', 2, 2],
    ])(
      'T9, corner case 52: are aborted within ten seconds of their timeout under a higher epoch (%s)',
      (_name, level, epoch) => {
        driver = new TransactionDriver({ transactionVersion: () => level });
        producer = driver.init(null, { timeoutMs: 15_000 });
        driver.add(producer, ['t-0']);
        driver.advance(15_000);
        expect(driver.value().state).toBe('Ongoing');
        driver.advance(10_000);
        expect(driver.sent).toMatchObject([{ end: { result: 'abort', producerEpoch: epoch } }]);
        driver.deliver();
        expect(driver.state).toBe(`CompleteAbort 100/${epoch}`);
        expect(driver.end(producer, 'commit').errorCode).toBe(ErrorCode.PRODUCER_FENCED);
        expect(driver.add(producer, ['t-0'])).toBe(ErrorCode.PRODUCER_FENCED);
      },
    );

    it('T9: the time counts from the first partition, also for the coordinator that took over', () => {
      producer = driver.init(null, { timeoutMs: 60_000 });
      driver.add(producer, ['t-0']);
      driver.advance(40_000);
      driver.add(producer, ['t-1']);
      driver.restart();
      driver.advance(30_001);
      expect(driver.value().state).toBe('PrepareAbort');
    });
  });

  describe('that are forgotten', () => {
    it('T9: ids that were idle for transactional.id.expiration.ms, with or without transactions', () => {
      driver.init(null, { transactionalId: 'done' });
      const done = driver.init(null, { transactionalId: 'done' });
      driver.add(done, ['t-0'], 0, 'done');
      driver.end(done, 'commit', 0, 'done');
      driver.deliver();
      driver.advance(weekMs - 3_600_001);
      driver.init(null, { transactionalId: 'busy' });
      driver.advance(2 * 3_600_000);
      expect(driver.machine.transaction('tx')).toBeUndefined();
      expect(driver.machine.transaction('done')).toBeUndefined();
      expect(driver.machine.transaction('busy')).toBeDefined();
      expect(driver.log.filter(({ value }) => value === null)).toHaveLength(2);
      expect(driver.end(producer, 'commit').errorCode).toBe(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
      driver.restart();
      expect(driver.machine.transaction('tx')).toBeUndefined();
    });

    it('T9: never while their transaction is open or decided', () => {
      driver = new TransactionDriver({ maxTimeoutMs: 10 * weekMs });
      producer = driver.init(null, { timeoutMs: 3 * weekMs });
      driver.add(producer, ['t-0']);
      driver.advance(2 * weekMs);
      expect(driver.value().state).toBe('Ongoing');
      driver.end(producer, 'commit');
      driver.advance(2 * weekMs);
      expect(driver.value().state).toBe('PrepareCommit');
    });
  });

  describe('as operators see them (KIP-664)', () => {
    const everything = {
      states: new Set<string>(),
      hasStates: false,
      producerIds: new Set<number>(),
      durationMs: -1,
      idPattern: null,
    };

    it('lists by state, producer and duration', () => {
      driver.add(producer, ['t-0']);
      driver.nowMs += 1_000;
      driver.init(null, { transactionalId: 'other' });
      const ids = (filter: Partial<typeof everything>) =>
        driver.machine
          .list({ ...everything, ...filter }, driver.nowMs)
          .map(({ transactionalId }) => transactionalId);
      expect(ids({})).toEqual(['tx', 'other']);
      expect(ids({ hasStates: true, states: new Set(['Ongoing']) })).toEqual(['tx']);
      expect(ids({ hasStates: true })).toEqual([]);
      expect(ids({ producerIds: new Set([101]) })).toEqual(['other']);
      expect(ids({ durationMs: 999 })).toContain('tx');
      expect(ids({ durationMs: 1_000 })).not.toContain('tx');
    });

    it('describes one, or says why not', () => {
      driver.add(producer, ['t-0', 't-3']);
      expect(driver.machine.describe('tx')).toEqual({
        errorCode: ErrorCode.NONE,
        transactionalId: 'tx',
        transactionState: 'Ongoing',
        transactionTimeoutMs: 60_000,
        transactionStartTimeMs: driver.nowMs,
        producerId: 100,
        producerEpoch: 0,
        topics: [{ topic: 't', partitions: [0, 3] }],
      });
      expect(driver.machine.describe('gone').errorCode).toBe(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND);
      expect(driver.machine.describe('').errorCode).toBe(ErrorCode.INVALID_REQUEST);
    });
  });
});
