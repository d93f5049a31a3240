import { ErrorCode } from '../../../src/protocol/errors.js';
import { TransactionDriver, type Producer } from './transaction-driver.js';

const { NONE, PRODUCER_FENCED, INVALID_TXN_STATE, CONCURRENT_TRANSACTIONS, INVALID_PRODUCER_ID_MAPPING } =
  ErrorCode;

describe('EndTxn', () => {
  let driver: TransactionDriver;
  let producer: Producer;

  beforeEach(() => {
    driver = new TransactionDriver();
    producer = driver.init();
  });

  function begin(version = 0): void {
    driver.add(producer, ['t-0', 't-1', 'u-0'], version);
  }

  describe('of the first protocol', () => {
    it('T6, T7: the decision is answered before the markers, and complete after them', () => {
      begin();
      expect(driver.end(producer, 'commit').errorCode).toBe(NONE);
      expect(driver.state).toBe('PrepareCommit 100/0 t-0 t-1 u-0');
      expect(driver.sent).toEqual([
        {
          kind: 'write-markers',
          transactionalId: 'tx',
          end: { producerId: 100, producerEpoch: 0, result: 'commit', transactionVersion: 0 },
          partitions: [
            { topic: 't', partition: 0 },
            { topic: 't', partition: 1 },
            { topic: 'u', partition: 0 },
          ],
        },
      ]);
      driver.deliver();
      expect(driver.state).toBe('CompleteCommit 100/0');
    });

    type Step = 'empty' | 'prepare-commit' | 'prepare-abort' | 'complete-commit' | 'complete-abort';
    const table: readonly (readonly [Step, 'commit' | 'abort', number])[] = [
      ['empty', 'commit', INVALID_TXN_STATE],
      ['empty', 'abort', INVALID_TXN_STATE],
      ['prepare-commit', 'commit', CONCURRENT_TRANSACTIONS],
      ['prepare-commit', 'abort', INVALID_TXN_STATE],
      ['prepare-abort', 'abort', CONCURRENT_TRANSACTIONS],
      ['prepare-abort', 'commit', INVALID_TXN_STATE],
      ['complete-commit', 'commit', NONE],
      ['complete-commit', 'abort', INVALID_TXN_STATE],
      ['complete-abort', 'abort', NONE],
      ['complete-abort', 'commit', INVALID_TXN_STATE],
    ];

    it.each(table)(
      'T6, corner case 50: in %s, %s is answered with %d and changes nothing',
      (step, result, code) => {
        if (step !== 'empty') {
          begin();
          driver.end(producer, step.endsWith('commit') ? 'commit' : 'abort');
          if (step.startsWith('complete')) driver.deliver();
        }
        const recordsBefore = driver.log.length;
        expect(driver.end(producer, result).errorCode).toBe(code);
        expect(driver.log).toHaveLength(recordsBefore);
      },
    );

    it('T5, T6: an unknown id, another producer and another epoch are told apart', () => {
      begin();
      expect(driver.end(producer, 'commit', 0, 'unknown').errorCode).toBe(INVALID_PRODUCER_ID_MAPPING);
      expect(driver.end({ ...producer, producerId: 9 }, 'commit').errorCode).toBe(
        INVALID_PRODUCER_ID_MAPPING,
      );
      expect(driver.end({ ...producer, producerEpoch: 1 }, 'commit').errorCode).toBe(PRODUCER_FENCED);
      expect(driver.value().state).toBe('Ongoing');
    });
  });

  describe('of transaction.version 2 (KIP-890)', () => {
    const second = 2;

    it('T10: the epoch rises with the decision, the markers bear it, and the answer has it for the next transaction', () => {
      begin(second);
      expect(driver.end(producer, 'commit', second)).toMatchObject({
        errorCode: NONE,
        producerId: 100,
        producerEpoch: 1,
      });
      expect(driver.sent).toMatchObject([
        { end: { producerId: 100, producerEpoch: 1, transactionVersion: second, result: 'commit' } },
      ]);
      driver.deliver();
      expect(driver.state).toBe('CompleteCommit 100/1');
      producer = { producerId: 100, producerEpoch: 1 };
      begin(second);
      expect(driver.end(producer, 'abort', second).producerEpoch).toBe(2);
    });

    type State = 'Empty' | 'CompleteAbort' | 'CompleteCommit';
    type Result = 'commit' | 'abort';
    const table: readonly (readonly [State, Result, 'retry' | 'current', number | 'bump'])[] = [
      ['Empty', 'abort', 'retry', PRODUCER_FENCED],
      ['Empty', 'abort', 'current', 'bump'],
      ['Empty', 'commit', 'retry', INVALID_TXN_STATE],
      ['Empty', 'commit', 'current', INVALID_TXN_STATE],
      ['CompleteAbort', 'abort', 'retry', NONE],
      ['CompleteAbort', 'abort', 'current', 'bump'],
      ['CompleteAbort', 'commit', 'retry', INVALID_TXN_STATE],
      ['CompleteAbort', 'commit', 'current', INVALID_TXN_STATE],
      ['CompleteCommit', 'abort', 'retry', INVALID_TXN_STATE],
      ['CompleteCommit', 'abort', 'current', 'bump'],
      ['CompleteCommit', 'commit', 'retry', NONE],
      ['CompleteCommit', 'commit', 'current', INVALID_TXN_STATE],
    ];

    it.each(table)(
      'T10, corner case 50: in %s, %s under the %s epoch gives %s',
      (state, result, which, expected) => {
        // Empty comes from an InitProducerId after a transaction of this protocol, so that the epoch before the present one exists.
        begin(second);
        driver.end(producer, state === 'CompleteCommit' ? 'commit' : 'abort', second);
        driver.deliver();
        if (state === 'Empty') driver.init();
        const { producerId, producerEpoch } = driver.value();
        expect(driver.value().state).toBe(state);
        const asked = { producerId, producerEpoch: which === 'retry' ? producerEpoch - 1 : producerEpoch };
        const recordsBefore = driver.log.length;
        const { errorCode, ...next } = driver.end(asked, result, second);
        driver.deliver();
        const bumped = { producerId, producerEpoch: producerEpoch + 1 };
        const nobody = { producerId: -1, producerEpoch: -1 };
        const present = { producerId, producerEpoch };
        expect(errorCode).toBe(expected === 'bump' ? NONE : expected);
        expect(next).toMatchObject(expected === 'bump' ? bumped : expected === NONE ? present : nobody);
        expect(driver.state).toBe(
          expected === 'bump' ? `CompleteAbort 100/${producerEpoch + 1}` : `${state} 100/${producerEpoch}`,
        );
        // What was decided, and its completion.
        expect(driver.log).toHaveLength(recordsBefore + (expected === 'bump' ? 2 : 0));
      },
    );

    it('T10: what is being carried out is CONCURRENT_TRANSACTIONS for every epoch', () => {
      begin(second);
      const next = driver.end(producer, 'commit', second);
      for (const each of [producer, next])
        for (const result of ['commit', 'abort'] as const)
          expect(driver.end(each, result, second).errorCode).toBe(CONCURRENT_TRANSACTIONS);
      expect(driver.add(next, ['t-0'], second)).toBe(CONCURRENT_TRANSACTIONS);
    });

    it('T10: a zombie of an earlier epoch is fenced in every state', () => {
      begin(second);
      const next = driver.end(producer, 'commit', second);
      driver.deliver();
      driver.add(next, ['t-0'], second);
      expect(driver.end(producer, 'commit', second).errorCode).toBe(PRODUCER_FENCED);
      expect(driver.end(producer, 'abort', second).errorCode).toBe(PRODUCER_FENCED);
      expect(driver.value().state).toBe('Ongoing');
    });

    it('T10: the last epoch of an id ends with the next id, which the markers do not bear yet', () => {
      driver.machine.replay({ transactionalId: 'tx', value: { ...driver.value(), producerEpoch: 32_766 } });
      producer = { producerId: 100, producerEpoch: 32_766 };
      begin(second);
      const answer = driver.end(producer, 'commit', second);
      expect(answer).toMatchObject({ errorCode: NONE, producerId: 101, producerEpoch: 0 });
      expect(driver.sent).toMatchObject([{ end: { producerId: 100, producerEpoch: 32_767 } }]);
      expect(driver.add(answer, ['t-0'], second)).toBe(CONCURRENT_TRANSACTIONS);
      driver.restart();
      driver.deliver();
      expect(driver.state).toBe('CompleteCommit 101/0');
      expect(driver.value().previousProducerId).toBe(100);
      // The answer was lost: the client asks again as who it was.
      expect(driver.end(producer, 'commit', second)).toMatchObject({
        errorCode: NONE,
        producerId: 101,
        producerEpoch: 0,
      });
      expect(driver.end(producer, 'abort', second).errorCode).toBe(INVALID_TXN_STATE);
      expect(driver.add(answer, ['t-0'], second)).toBe(NONE);
    });

    it('T9, T10: a producer that timed out in the last epoch of its id is fenced, and never given the largest epoch', () => {
      driver.machine.replay({ transactionalId: 'tx', value: { ...driver.value(), producerEpoch: 32_766 } });
      producer = { producerId: 100, producerEpoch: 32_766 };
      begin(second);
      driver.advance(80_000);
      driver.deliver();
      expect(driver.state).toBe('CompleteAbort 100/32767');
      expect(driver.end(producer, 'abort', second).errorCode).toBe(PRODUCER_FENCED);
      expect(driver.end(producer, 'commit', second).errorCode).toBe(PRODUCER_FENCED);
      expect(driver.init()).toMatchObject({ errorCode: NONE, producerId: 101, producerEpoch: 0 });
    });
  });
});
