import type { ErrorName } from '../../../src/protocol/errors.js';
import { group, offsetOf, TransactionHarness } from './transaction-harness.js';

const versions = [1, 2] as const;

describe('initTransactions', () => {
  test('PC9: finds the coordinator, then asks for an id, as nobody yet', () => {
    const harness = new TransactionHarness(2);
    harness.manager.initialize();
    expect(harness.finds(5)).toEqual({ kind: 'find-coordinator', keyType: 'transaction', key: 'tx' });
    expect(harness.initializes(9, 3)).toEqual({
      kind: 'init-producer-id',
      node: 5,
      transactionalId: 'tx',
      transactionTimeoutMs: 60_000,
      producerId: -1,
      producerEpoch: -1,
    });
    expect(harness.settled()).toEqual(['initialize: done']);
    expect(harness.manager).toMatchObject({ state: 'ready', identity: { producerId: 9, producerEpoch: 3 } });
  });

  test('T4, PC9: while the transaction of the one before is being aborted, it asks again after 20 ms and longer', () => {
    const harness = new TransactionHarness(1);
    harness.manager.initialize();
    harness.finds(5);
    const waits = [1, 2, 3].map(() => {
      harness.expects('init-producer-id');
      harness.answersInit('CONCURRENT_TRANSACTIONS');
      return harness.backsOff();
    });
    for (const [index, expected] of [20, 40, 80].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(expected * 0.8);
      expect(waits[index]).toBeLessThanOrEqual(expected * 1.2 + 1);
    }
    expect(harness.manager.obstacle).toMatchObject({ kind: 'refused', request: 'init-producer-id' });
    harness.initializes(9, 1);
    expect(harness.manager.obstacle).toBeNull();
    expect(harness.settled()).toEqual(['initialize: done']);
  });

  test.each(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'] as const)(
    'PC9: %s has the coordinator looked up again',
    (error) => {
      const harness = new TransactionHarness(1);
      harness.manager.initialize();
      harness.finds(5);
      harness.expects('init-producer-id');
      harness.answersInit(error);
      harness.backsOff();
      harness.finds(6);
      expect(harness.initializes(9, 0).node).toBe(6);
    },
  );

  test('a broker that does not answer is looked up again', () => {
    const harness = new TransactionHarness(1);
    harness.manager.initialize();
    harness.finds(5);
    harness.expects('init-producer-id');
    harness.loses();
    expect(harness.manager.obstacle).toMatchObject({ kind: 'error', error: { message: 'disconnected' } });
    harness.backsOff();
    harness.finds(5);
    harness.initializes(9, 0);
    expect(harness.settled()).toEqual(['initialize: done']);
  });

  test.each([
    ['find-coordinator', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
    ['find-coordinator', 'TRANSACTION_ABORTABLE'],
    ['init-producer-id', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
    ['init-producer-id', 'INVALID_TRANSACTION_TIMEOUT'],
    ['init-producer-id', 'TRANSACTION_ABORTABLE'],
  ] as const)('%s refused with %s ends the producer', (kind, error) => {
    const harness = new TransactionHarness(1);
    harness.manager.initialize();
    if (kind === 'init-producer-id') harness.finds(5);
    harness.refuses(harness.expects(kind), error);
    expect(harness.settled()).toEqual([`initialize: fatal: ${kind} ${error}`]);
    expect(harness.manager.state).toBe('fatal-error');
    expect(harness.next()).toBeNull();
  });
});

describe('a transaction of the first protocol (KIP-98)', () => {
  test('partitions are added once per transaction, before anything is written to them', () => {
    const harness = TransactionHarness.ready(1);
    const { manager } = harness;
    const [first, second] = [harness.queue('out', 0), harness.queue('out', 1)];
    manager.begin();
    expect(harness.next()).toBeNull();
    manager.addPartition(first);
    manager.addPartition(second);
    expect([manager.maySend(first), manager.maySend(second)]).toEqual([false, false]);
    expect(harness.expects('add-partitions')).toMatchObject({
      node: 5,
      producerId: 9,
      producerEpoch: 0,
      partitions: [
        { topic: 'out', partition: 0 },
        { topic: 'out', partition: 1 },
      ],
    });
    harness.answersPartitions([
      ['out', 0, 'NONE'],
      ['out', 1, 'NONE'],
    ]);
    expect([manager.maySend(first), manager.maySend(second)]).toEqual([true, true]);
    manager.addPartition(first);
    expect(harness.next()).toBeNull();
    manager.commit();
    expect(harness.expects('end')).toMatchObject({ result: 'commit', protocolVersion: 1, producerEpoch: 0 });
    harness.answersEnd('NONE');
    expect(harness.settled()).toEqual(['commit: done']);
    expect(manager.identity.producerEpoch).toBe(0);
    manager.begin();
    expect(manager.maySend(first)).toBe(false);
    manager.addPartition(first);
    harness.expects('add-partitions');
  });

  test('T5: of partitions that were refused together, the one that is to blame is told of', () => {
    const harness = TransactionHarness.ready(1);
    harness.manager.begin();
    for (const partition of [0, 1]) harness.manager.addPartition(harness.queue('out', partition));
    harness.manager.commit();
    harness.expects('add-partitions');
    harness.answersPartitions([
      ['out', 0, 'OPERATION_NOT_ATTEMPTED'],
      ['out', 1, 'TOPIC_AUTHORIZATION_FAILED'],
    ]);
    expect(harness.settled()).toEqual(['commit: abortable: add-partitions TOPIC_AUTHORIZATION_FAILED out-1']);
    // The coordinator has added nothing, so there is nothing to end.
    harness.manager.abort();
    expect(harness.next()).toBeNull();
    expect(harness.settled()).toEqual(['abort: done']);
  });

  test('PC9: 51 on the first AddPartitionsToTxn backs off for 20 ms', () => {
    const harness = TransactionHarness.ready(1);
    harness.manager.begin();
    harness.manager.addPartition(harness.queue());
    harness.refuses(harness.expects('add-partitions'), 'CONCURRENT_TRANSACTIONS');
    expect(harness.backsOff()).toBeLessThanOrEqual(25);
    harness.expects('add-partitions');
  });

  // `NONE`: the addition had come; the other, that it had not, or may still.
  test.each(['NONE', 'INVALID_TXN_STATE'] as const)(
    'T4, T6, KIP-360: an addition whose answer was lost may have begun the transaction: it is aborted, answered %s, before a new epoch',
    (error) => {
      const harness = TransactionHarness.ready(1);
      harness.manager.begin();
      harness.manager.addPartition(harness.queue());
      harness.expects('add-partitions');
      harness.loses();
      harness.manager.abort();
      harness.nowMs = harness.manager.notBeforeMs;
      harness.finds(5);
      expect(harness.expects('end').result).toBe('abort');
      harness.answersEnd(error);
      expect(harness.settled()).toEqual([]);
      expect(harness.initializes(9, 1)).toMatchObject({ producerId: 9, producerEpoch: 0 });
      expect(harness.settled()).toEqual(['abort: done']);
      expect(harness.manager.identity.producerEpoch).toBe(1);
    },
  );

  test('an addition that was never written has begun nothing', () => {
    const harness = TransactionHarness.ready(1);
    harness.manager.begin();
    harness.manager.addPartition(harness.queue());
    harness.expects('add-partitions');
    harness.loses(false);
    harness.manager.abort();
    harness.nowMs = harness.manager.notBeforeMs;
    expect(harness.next()).toBeNull();
    expect(harness.settled()).toEqual(['abort: done']);
  });

  test.each(['NONE', 'INVALID_TXN_STATE'] as const)(
    'T6: brokers without KIP-360: what was perhaps begun is aborted, answered %s',
    (error) => {
      const harness = TransactionHarness.ready(1, { canBumpEpoch: false });
      harness.manager.begin();
      harness.manager.addPartition(harness.queue());
      harness.expects('add-partitions');
      harness.loses();
      harness.manager.abort();
      harness.nowMs = harness.manager.notBeforeMs;
      harness.finds(5);
      expect(harness.expects('end').result).toBe('abort');
      harness.answersEnd(error);
      expect(harness.settled()).toEqual(['abort: done']);
    },
  );

  test('brokers without KIP-360: a lost sequence ends the producer', () => {
    const lost = TransactionHarness.open(1, { canBumpEpoch: false });
    lost.manager.requireAbort({ kind: 'error', error: new Error('expired') }, true);
    expect(lost.manager.state).toBe('fatal-error');
  });

  test('KIP-360: after a batch with a sequence was given up, the abort is followed by a new epoch', () => {
    const harness = TransactionHarness.open(1);
    harness.manager.requireAbort({ kind: 'error', error: new Error('expired') }, true);
    harness.manager.abort();
    expect(harness.expects('end').result).toBe('abort');
    harness.answersEnd('NONE');
    expect(harness.settled()).toEqual([]);
    harness.refuses(harness.expects('init-producer-id'), 'CONCURRENT_TRANSACTIONS');
    harness.backsOff();
    expect(harness.initializes(9, 1)).toMatchObject({ producerId: 9, producerEpoch: 0 });
    expect(harness.settled()).toEqual(['abort: done']);
  });

  test('KIP-890: when the cluster has come to the second protocol, the next transaction gets an epoch of its own', () => {
    const harness = TransactionHarness.open(1);
    harness.manager.commit();
    harness.expects('end');
    harness.protocolVersion = 2;
    harness.answersEnd('NONE');
    expect(harness.settled()).toEqual([]);
    harness.initializes(9, 1);
    expect(harness.settled()).toEqual(['commit: done']);
    harness.manager.begin();
    expect(harness.manager.protocolVersion).toBe(2);
  });

  test('what is committed stays committed, though the producer may find itself fenced before the next', () => {
    const harness = TransactionHarness.open(1);
    harness.manager.commit();
    harness.expects('end');
    harness.protocolVersion = 2;
    harness.answersEnd('NONE');
    harness.refuses(harness.expects('init-producer-id'), 'PRODUCER_FENCED');
    expect(harness.settled()).toEqual(['commit: done']);
    expect(harness.manager.state).toBe('fatal-error');
  });
});

describe('a transaction of the second protocol (KIP-890)', () => {
  test('writing begins it; its end brings the epoch of the next', () => {
    const harness = TransactionHarness.ready(2);
    const queue = harness.queue();
    harness.manager.begin();
    harness.manager.addPartition(queue);
    expect(harness.next()).toBeNull();
    expect(harness.manager.maySend(queue)).toBe(true);
    harness.manager.sending();
    harness.manager.commit();
    expect(harness.expects('end')).toMatchObject({ protocolVersion: 2, producerEpoch: 0, result: 'commit' });
    harness.answersEnd('NONE', 9, 1);
    expect(harness.settled()).toEqual(['commit: done']);
    expect(harness.manager.identity).toMatchObject({ producerId: 9, producerEpoch: 1 });
  });

  test('T10: when epochs have run out, the end brings a new producer id', () => {
    const harness = TransactionHarness.open(2);
    harness.manager.abort();
    harness.expects('end');
    harness.answersEnd('NONE', 10, 0);
    expect(harness.settled()).toEqual(['abort: done']);
    expect(harness.manager.identity).toMatchObject({ producerId: 10, producerEpoch: 0 });
  });

  test('the end of a transaction in which a batch was given up brings the new epoch already', () => {
    const harness = TransactionHarness.open(2);
    harness.manager.requireAbort({ kind: 'error', error: new Error('expired') }, true);
    harness.manager.abort();
    harness.expects('end');
    harness.answersEnd('NONE', 9, 1);
    expect(harness.next()).toBeNull();
    expect(harness.settled()).toEqual(['abort: done']);
  });

  test('offsets go to the group’s coordinator at once, and begin the transaction', () => {
    const harness = TransactionHarness.ready(2);
    harness.manager.begin();
    harness.manager.sendOffsets(group, [offsetOf(7)]);
    expect(harness.finds(6)).toMatchObject({ keyType: 'group', key: 'readers' });
    expect(harness.expects('commit-offsets')).toMatchObject({
      node: 6,
      protocolVersion: 2,
      group,
      offsets: [offsetOf(7)],
    });
    harness.answersPartitions([['in', 0, 'NONE']]);
    expect(harness.settled()).toEqual(['send-offsets: done']);
    harness.manager.commit();
    expect(harness.expects('end').result).toBe('commit');
  });

  test('offsets whose answer was lost, then an abort: the transaction is ended, for it may have begun', () => {
    const harness = TransactionHarness.ready(2);
    harness.manager.begin();
    harness.manager.sendOffsets(group, [offsetOf(7)]);
    harness.finds(6);
    harness.expects('commit-offsets');
    harness.loses();
    harness.manager.abort();
    expect(harness.settled()).toEqual(['send-offsets: aborted']);
    harness.nowMs = harness.manager.notBeforeMs;
    expect(harness.expects('end')).toMatchObject({ node: 5, result: 'abort' });
  });
});

describe.each(versions)('a transaction of protocol %d', (version) => {
  test('in which nothing happened ends without the coordinator', () => {
    const harness = TransactionHarness.ready(version);
    for (const operation of ['commit', 'abort'] as const) {
      harness.manager.begin();
      harness.manager[operation]();
      expect(harness.next()).toBeNull();
      expect(harness.settled()).toEqual([`${operation}: done`]);
    }
  });

  test('is not ended while batches are on their way', () => {
    for (const operation of ['commit', 'abort'] as const) {
      const harness = TransactionHarness.open(version);
      harness.hasOutstandingBatches = true;
      harness.manager[operation]();
      expect(harness.next()).toBeNull();
      harness.hasOutstandingBatches = false;
      expect(harness.expects('end').result).toBe(operation);
      // One request at a time.
      expect(harness.next()).toBeNull();
    }
  });

  test('sends offsets in the order of the calls, all before the commit', () => {
    const harness = TransactionHarness.open(version);
    harness.manager.sendOffsets(group, [offsetOf(1)]);
    harness.manager.sendOffsets(group, [offsetOf(2)]);
    harness.manager.commit();
    if (version === 1) {
      harness.expects('add-offsets');
      harness.answers({ kind: 'added-offsets', errorCode: 0 });
    }
    harness.finds(6);
    for (const offset of [1, 2]) {
      expect(harness.expects('commit-offsets').offsets).toEqual([offsetOf(offset)]);
      harness.answersPartitions([['in', 0, 'NONE']]);
      expect(harness.settled()).toEqual(['send-offsets: done']);
    }
    expect(harness.expects('end').result).toBe('commit');
  });

  test.each(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'REQUEST_TIMED_OUT'] as const)(
    'finds the group’s coordinator again after %s, and no other',
    (error) => {
      const harness = TransactionHarness.open(version);
      harness.manager.sendOffsets(group, [offsetOf(1)]);
      if (version === 1) {
        harness.expects('add-offsets');
        harness.answers({ kind: 'added-offsets', errorCode: 0 });
      }
      harness.finds(6);
      harness.refuses(harness.expects('commit-offsets'), error);
      harness.backsOff();
      expect(harness.finds(7).keyType).toBe('group');
      expect(harness.expects('commit-offsets').node).toBe(7);
      harness.answersPartitions([['in', 0, 'NONE']]);
      harness.manager.commit();
      expect(harness.expects('end').node).toBe(5);
    },
  );

  test('a member that its group has left behind costs the transaction, not the producer', () => {
    const harness = TransactionHarness.open(version);
    harness.manager.sendOffsets(group, [offsetOf(1)]);
    if (version === 1) {
      harness.expects('add-offsets');
      harness.answers({ kind: 'added-offsets', errorCode: 0 });
    }
    harness.finds(6);
    harness.refuses(harness.expects('commit-offsets'), 'ILLEGAL_GENERATION');
    expect(harness.settled()).toEqual(['send-offsets: abortable: commit-offsets ILLEGAL_GENERATION in-0']);
    expect(harness.manager.state).toBe('abortable-error');
    harness.manager.abort();
    harness.expects('end');
    harness.answersEnd('NONE', version === 2 ? 9 : -1, version === 2 ? 1 : -1);
    expect(harness.manager.state).toBe('ready');
  });

  test('cannot be committed after a record of it was not sent, and can after the abort', () => {
    const harness = TransactionHarness.open(version);
    harness.manager.requireAbort({ kind: 'error', error: new Error('too large') }, false);
    expect(harness.manager.state).toBe('abortable-error');
    expect(harness.manager.maySend(harness.queue())).toBe(false);
    expect(harness.next()).toBeNull();
    harness.manager.abort();
    harness.expects('end');
    harness.answersEnd('NONE', version === 2 ? 9 : -1, version === 2 ? 1 : -1);
    expect(harness.settled()).toEqual(['abort: done']);
    harness.manager.begin();
    expect(harness.manager).toMatchObject({ state: 'in-transaction', failure: null });
  });

  test('a record that is refused while the commit waits fails the commit', () => {
    const harness = TransactionHarness.open(version);
    harness.hasOutstandingBatches = true;
    harness.manager.sendOffsets(group, [offsetOf(1)]);
    harness.manager.commit();
    harness.manager.requireAbort({ kind: 'error', error: new Error('refused') }, true);
    expect(harness.settled()).toEqual(['send-offsets: abortable: refused', 'commit: abortable: refused']);
  });

  test('T6, corner case 50: the end is asked for again until it is answered', () => {
    const harness = TransactionHarness.open(version);
    harness.manager.commit();
    harness.expects('end');
    harness.loses();
    harness.backsOff();
    harness.finds(6);
    harness.refuses(harness.expects('end'), 'CONCURRENT_TRANSACTIONS');
    harness.backsOff();
    expect(harness.expects('end')).toMatchObject({ node: 6, producerEpoch: 0, result: 'commit' });
    harness.answersEnd('NONE');
    expect(harness.settled()).toEqual(['commit: done']);
  });

  test.each(['INVALID_PRODUCER_ID_MAPPING', 'UNKNOWN_PRODUCER_ID'] as const)(
    'T9: a coordinator that has forgotten the producer (%s) ends it by a new epoch',
    (error) => {
      const harness = TransactionHarness.open(version);
      harness.manager.commit();
      harness.refuses(harness.expects('end'), error);
      expect(harness.settled()).toEqual([`commit: abortable: end ${error}`]);
      harness.manager.abort();
      expect(harness.initializes(11, 0)).toMatchObject({ producerId: 9, producerEpoch: 0 });
      expect(harness.settled()).toEqual(['abort: done']);
      expect(harness.manager.identity).toMatchObject({ producerId: 11, producerEpoch: 0 });
    },
  );

  test.each([
    'PRODUCER_FENCED',
    'INVALID_PRODUCER_EPOCH',
    'INVALID_TXN_STATE',
    'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  ] satisfies ErrorName[])('%s at its end is the end of the producer', (error) => {
    for (const operation of ['commit', 'abort'] as const) {
      const harness = TransactionHarness.open(version);
      harness.manager[operation]();
      harness.refuses(harness.expects('end'), error);
      expect(harness.settled()).toEqual([`${operation}: fatal: end ${error}`]);
      expect(harness.manager).toMatchObject({ state: 'fatal-error', hasOpenTransaction: false });
      expect(harness.next()).toBeNull();
    }
  });

  test('KIP-890: an abort that is refused as abortable can be asked for again', () => {
    const harness = TransactionHarness.open(version);
    harness.manager.abort();
    harness.refuses(harness.expects('end'), 'TRANSACTION_ABORTABLE');
    expect(harness.settled()).toEqual(['abort: abortable: end TRANSACTION_ABORTABLE']);
    harness.manager.abort();
    harness.expects('end');
    harness.answersEnd('NONE');
    expect(harness.settled()).toEqual(['abort: done']);
  });

  test('a refusal of what the abort has overtaken does not fail the abort', () => {
    const harness = TransactionHarness.open(version);
    harness.manager.sendOffsets(group, [offsetOf(1)]);
    if (version === 1) {
      harness.expects('add-offsets');
      harness.answers({ kind: 'added-offsets', errorCode: 0 });
    }
    harness.finds(6);
    const late = harness.expects('commit-offsets');
    harness.manager.abort();
    expect(harness.settled()).toEqual(['send-offsets: aborted']);
    harness.refuses(late, 'UNKNOWN_MEMBER_ID');
    expect(harness.settled()).toEqual([]);
    expect(harness.expects('end').result).toBe('abort');
  });

  test('a failure that cannot be helped ends the producer, and everything that waits', () => {
    const harness = TransactionHarness.open(version);
    harness.manager.sendOffsets(group, [offsetOf(1)]);
    harness.manager.commit();
    harness.next();
    harness.manager.handleFailure(new Error('UNSUPPORTED_VERSION'), false, false, harness.nowMs);
    expect(harness.settled()).toEqual([
      'send-offsets: fatal: UNSUPPORTED_VERSION',
      'commit: fatal: UNSUPPORTED_VERSION',
    ]);
    // Nothing brings it back.
    harness.manager.requireAbort({ kind: 'error', error: new Error('later') }, true);
    harness.manager.fail({ kind: 'error', error: new Error('later') });
    expect(harness.manager).toMatchObject({
      state: 'fatal-error',
      failure: { error: { message: 'UNSUPPORTED_VERSION' } },
    });
  });

  test('an answer that comes after the end of the producer does not revive it', () => {
    const harness = TransactionHarness.open(version);
    harness.manager.commit();
    harness.expects('end');
    harness.manager.fail({ kind: 'error', error: new Error('closed') });
    harness.answersEnd('NONE', 9, 1);
    expect(harness.manager.state).toBe('fatal-error');
  });
});
