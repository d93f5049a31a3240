import { ErrorCode } from '../../../src/protocol/errors.js';
import { TransactionDriver } from './transaction-driver.js';

const lastEpoch = 32_766;

describe('InitProducerId', () => {
  let driver: TransactionDriver;

  beforeEach(() => void (driver = new TransactionDriver()));

  /** As if the epochs of the id had been used up to there, with the state that the log has. */
  function useUpEpochs(producerEpoch: number): void {
    driver.init();
    const value = { ...driver.value(), producerEpoch };
    driver.machine.replay({ transactionalId: 'tx', value });
  }

  it('T3: an unheard-of id gets a producer id of its own, epoch 0, and is Empty', () => {
    expect(driver.init()).toMatchObject({ errorCode: 0, producerId: 100, producerEpoch: 0 });
    expect(driver.init(null, { transactionalId: 'other' })).toMatchObject({
      producerId: 101,
      producerEpoch: 0,
    });
    expect(driver.state).toBe('Empty 100/0');
  });

  it.each([
    [0, ErrorCode.INVALID_TRANSACTION_TIMEOUT],
    [-1, ErrorCode.INVALID_TRANSACTION_TIMEOUT],
    [900_001, ErrorCode.INVALID_TRANSACTION_TIMEOUT],
    [900_000, ErrorCode.NONE],
    [1, ErrorCode.NONE],
  ])('T3: a timeout of %d ms is answered with %d', (timeoutMs, errorCode) => {
    expect(driver.init(null, { timeoutMs }).errorCode).toBe(errorCode);
  });

  it('T4: a known id without a transaction gets the next epoch, and the latest timeout', () => {
    driver.init();
    expect(driver.init(null, { timeoutMs: 5_000 })).toMatchObject({ producerId: 100, producerEpoch: 1 });
    expect(driver.value().timeoutMs).toBe(5_000);
  });

  it('T4: after the last epoch comes a new producer id with epoch 0', () => {
    useUpEpochs(lastEpoch - 1);
    expect(driver.init()).toMatchObject({ producerId: 100, producerEpoch: lastEpoch });
    expect(driver.init()).toMatchObject({ producerId: 101, producerEpoch: 0 });
    expect(driver.value().previousProducerId).toBe(100);
  });

  it.each([
    ['commit', 'PrepareCommit'],
    ['abort', 'PrepareAbort'],
  ] as const)('T4: while a %s is carried out it is CONCURRENT_TRANSACTIONS', (result, state) => {
    const producer = driver.init();
    driver.add(producer, ['t-0']);
    driver.end(producer, result);
    expect(driver.value().state).toBe(state);
    expect(driver.init().errorCode).toBe(ErrorCode.CONCURRENT_TRANSACTIONS);
    driver.deliver();
    expect(driver.init()).toMatchObject({ errorCode: 0, producerEpoch: 1 });
  });

  it.each([
    ['the first protocol', 0, 1, 2],
    ['transaction.version 2', 2, 2, 3],
  ])(
    'T4, corner case 49: an open transaction is aborted under a raised epoch first, then comes the next one (%s)',
    (_name, level, abortEpoch, nextEpoch) => {
      driver = new TransactionDriver({ transactionVersion: () => level });
      const zombie = driver.init();
      driver.add(zombie, ['t-0', 'u-1']);
      expect(driver.init()).toMatchObject({ errorCode: ErrorCode.CONCURRENT_TRANSACTIONS, producerId: -1 });
      expect(driver.sent).toMatchObject([
        { end: { result: 'abort', producerId: 100, producerEpoch: abortEpoch }, partitions: [{}, {}] },
      ]);
      expect(driver.init().errorCode).toBe(ErrorCode.CONCURRENT_TRANSACTIONS);
      expect(driver.sent).toHaveLength(1);
      driver.deliver();
      expect(driver.state).toBe(`CompleteAbort 100/${abortEpoch}`);
      expect(driver.init()).toMatchObject({ errorCode: 0, producerId: 100, producerEpoch: nextEpoch });
      expect(driver.end(zombie, 'commit').errorCode).toBe(ErrorCode.PRODUCER_FENCED);
      expect(driver.add(zombie, ['t-0'])).toBe(ErrorCode.PRODUCER_FENCED);
    },
  );

  it('T4: fencing the last epochs of an id reaches the highest there is and no further', () => {
    useUpEpochs(lastEpoch);
    const producer = { producerId: 100, producerEpoch: lastEpoch };
    driver.add(producer, ['t-0']);
    driver.init();
    driver.deliver();
    expect(driver.state).toBe('CompleteAbort 100/32767');
    expect(driver.init()).toMatchObject({ producerId: 101, producerEpoch: 0 });
  });

  describe('of a producer that says who it was (KIP-360)', () => {
    it('T4: the present producer gets the next epoch', () => {
      const first = driver.init();
      expect(driver.init(first)).toMatchObject({ errorCode: 0, producerEpoch: 1 });
    });

    it('T4: the one before the present did not get its answer, and gets it again', () => {
      const first = driver.init();
      const second = driver.init(first);
      const recordsBefore = driver.log.length;
      expect(driver.init(first)).toEqual(second);
      expect(driver.value().producerEpoch).toBe(1);
      expect(driver.log.length - recordsBefore).toBeLessThanOrEqual(1);
    });

    it('T4: an earlier one, and another id, are fenced', () => {
      const first = driver.init();
      driver.init(driver.init(first));
      expect(driver.init(first).errorCode).toBe(ErrorCode.PRODUCER_FENCED);
      expect(driver.init({ producerId: 7, producerEpoch: 2 }).errorCode).toBe(ErrorCode.PRODUCER_FENCED);
      expect(driver.state).toBe('Empty 100/2');
    });

    it('T4: somebody else has begun since: the one before is fenced', () => {
      const first = driver.init();
      driver.init();
      expect(driver.init(first).errorCode).toBe(ErrorCode.PRODUCER_FENCED);
    });

    it('T4: an earlier one does not end the transaction of the present one', () => {
      const first = driver.init();
      const second = driver.init(first);
      driver.add(second, ['t-0']);
      expect(driver.init(first).errorCode).toBe(ErrorCode.PRODUCER_FENCED);
      expect(driver.state).toBe('Ongoing 100/1 t-0');
      expect(driver.init(second).errorCode).toBe(ErrorCode.CONCURRENT_TRANSACTIONS);
      expect(driver.value().state).toBe('PrepareAbort');
    });

    it('T4: with the last epoch it gets a new id, and the same one when it asks again', () => {
      useUpEpochs(lastEpoch);
      const last = { producerId: 100, producerEpoch: lastEpoch };
      const next = driver.init(last);
      expect(next).toMatchObject({ errorCode: 0, producerId: 101, producerEpoch: 0 });
      expect(driver.init(last)).toEqual(next);
    });

    it('T4: an id that the coordinator has forgotten begins anew', () => {
      expect(driver.init({ producerId: 7, producerEpoch: 3 })).toMatchObject({
        errorCode: 0,
        producerEpoch: 0,
      });
    });
  });
});
