import { fetch } from '../../src/broker/apis/01-fetch.js';
import type { ClusterView } from '../../src/broker/cluster-view.js';
import { ReplyMemory } from '../../src/broker/reply-memory.js';
import { RequestContext } from '../../src/broker/request.js';
import type { TopicRegistry } from '../../src/broker/topic-registry.js';
import { createSeededRandom } from '../../src/io/memory/seeded-random.js';
import { createVirtualTime } from '../../src/io/memory/virtual-time.js';
import { FetchSessions } from '../../src/machines/fetch/fetch-sessions.js';
import type { FetchResponseInput } from '../../src/protocol/messages/01-fetch.js';
import type { ReadRequest } from '../../src/runtime/partition-runtime.js';
import { Purgatory } from '../../src/runtime/purgatory.js';
import { fetchOf } from '../support/test-broker.js';

const batchBytes = 1000;

/** A partition of ten batches of one size. */
const partition = {
  logStartOffset: 0,
  logEndOffset: 10,
  leaderEpoch: 0,
  highWatermark: 10,
  lastStableOffset: 10,
  read({ maxBytes, atLeastOneBatch }: ReadRequest) {
    const batches = Math.min(10, Math.max(Math.floor(maxBytes / batchBytes), atLeastOneBatch ? 1 : 0));
    const records = Buffer.alloc(batches * batchBytes);
    const offsets = { highWatermark: 10, lastStableOffset: 10, logStartOffset: 0 };
    return { kind: 'read', records, ...offsets, abortedTransactions: null };
  },
};

it('while clients leave much unread, a fetch gives one batch, and more once they have read', () => {
  const time = createVirtualTime();
  const replyMemory = new ReplyMemory(5 * batchBytes);
  const topic = { name: 't', topicId: 'id', isInternal: false, partitions: [partition] };
  const topics = { byName: () => topic, config: { values: { fetchMaxBytes: 1_000_000 } } };
  const handler = fetch({
    topics: topics as unknown as TopicRegistry,
    purgatory: new Purgatory(time.timers),
    cluster: {} as ClusterView,
    sessions: new FetchSessions(createSeededRandom(1)),
    clock: time.clock,
    replyMemory,
  });
  const batches = (): number => {
    const unset = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
    const asked = fetchOf('t', 0);
    const partitions = asked.topics[0]!.partitions.map((each) => ({ ...each, ...unset }));
    const request = {
      ...asked,
      replicaId: -1,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{ topic: 't', topicId: '', partitions }],
    };
    const peer = { clientHost: 'h', localAddress: { host: 'h', port: 1 } };
    const reply = handler.handle(request, new RequestContext(12, 1, 'c', peer)) as FetchResponseInput;
    return (reply.responses[0]!.partitions[0]!.records?.length ?? 0) / batchBytes;
  };
  const [slow, slower] = [{}, {}];
  expect(batches()).toBe(5);
  replyMemory.note(slow, 2 * batchBytes);
  expect(batches()).toBe(3);
  replyMemory.note(slower, 100 * batchBytes);
  expect(batches()).toBe(1);
  replyMemory.release(slower);
  replyMemory.release(slow);
  expect(batches()).toBe(5);
});
