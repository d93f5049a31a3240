// Times the emitted codecs against the interpreter on the messages of the hot paths: node bench/protocol-codec.mjs
// Figures are nanoseconds per message (the best of several rounds) on this machine; the ratio is what counts.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const dist = new URL('../packages/core/dist/', import.meta.url);
if (!existsSync(fileURLToPath(dist))) throw new Error('packages/core is not built: run npm run build first');
const load = (module) => import(new URL(module, dist).href);
const { apis } = await load('protocol/api-keys.js');
const { emittedCodec } = await load('protocol/codec/codec.js');
const { readMessage, writeMessage } = await load('protocol/codec/interpreter.js');
const { emitReader } = await load('protocol/codec/reader-emitter.js');
const { emitWriter } = await load('protocol/codec/writer-emitter.js');
const { ByteReader } = await load('foundation/byte-reader.js');
const { ByteWriter } = await load('foundation/byte-writer.js');

const roundMs = 150;
const rounds = 5;

/** Nanoseconds per call, the best of several rounds. */
function nanosecondsOf(call) {
  let best = Infinity;
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    let calls = 0;
    while (performance.now() - start < roundMs) {
      for (let index = 0; index < 50; index++) call();
      calls += 50;
    }
    best = Math.min(best, ((performance.now() - start) * 1e6) / calls);
  }
  return best;
}

const many = (count, make) => Array.from({ length: count }, (_, index) => make(index));
const records = Buffer.alloc(16 * 1024, 1);
const topicId = 'WgNXBjFCQSKfCeDxxSrGbg';

const cases = [
  {
    name: 'ProduceRequest v13, 1 topic, 1 partition of 16 KiB',
    message: apis.produce.request,
    version: 13,
    value: { acks: -1, timeoutMs: 30_000, topicData: [{ topicId, partitionData: [{ index: 0, records }] }] },
  },
  {
    name: 'ProduceRequest v9, 4 topics, 4 partitions of 1 KiB',
    message: apis.produce.request,
    version: 9,
    value: {
      acks: -1,
      timeoutMs: 30_000,
      topicData: many(4, (topic) => ({
        name: `some-topic-${topic}`,
        partitionData: many(4, (index) => ({ index, records: records.subarray(0, 1024) })),
      })),
    },
  },
  {
    name: 'ProduceResponse v12, 1 topic, 4 partitions',
    message: apis.produce.response,
    version: 12,
    value: {
      responses: [
        {
          name: 'some-topic',
          partitionResponses: many(4, (index) => ({
            index,
            errorCode: 0,
            baseOffset: 123_456_789,
            logStartOffset: 0,
          })),
        },
      ],
    },
  },
  {
    name: 'FetchRequest v17, 2 topics, 8 partitions',
    message: apis.fetch.request,
    version: 17,
    value: {
      maxWaitMs: 500,
      minBytes: 1,
      topics: many(2, () => ({
        topicId,
        partitions: many(8, (partition) => ({
          partition,
          fetchOffset: 5_000_000_000 + partition,
          partitionMaxBytes: 1 << 20,
        })),
      })),
    },
  },
  {
    name: 'FetchResponse v17, 1 topic, 8 partitions of 16 KiB',
    message: apis.fetch.response,
    version: 17,
    value: {
      throttleTimeMs: 0,
      responses: [
        {
          topicId,
          partitions: many(8, (partitionIndex) => ({
            partitionIndex,
            errorCode: 0,
            highWatermark: 5_000_000_000,
            lastStableOffset: 5_000_000_000,
            abortedTransactions: null,
            records,
          })),
        },
      ],
    },
  },
  {
    name: 'MetadataResponse v12, 3 brokers, 50 topics of 6 partitions',
    message: apis.metadata.response,
    version: 12,
    value: {
      throttleTimeMs: 0,
      brokers: many(3, (nodeId) => ({ nodeId, host: `broker-${nodeId}.example.org`, port: 9092 })),
      clusterId: 'cluster',
      controllerId: 1,
      topics: many(50, (topic) => ({
        errorCode: 0,
        name: `some-topic-${topic}`,
        topicId,
        isInternal: false,
        partitions: many(6, (partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: partitionIndex % 3,
          replicaNodes: [0, 1, 2],
          isrNodes: [0, 1, 2],
          offlineReplicas: [],
        })),
      })),
    },
  },
];

/** Milliseconds until emitted source has run once: emission, compilation and a first slow run. */
function firstUseMs(make, use) {
  const start = performance.now();
  use(make());
  return performance.now() - start;
}

const rows = cases.map(({ name, message, version, value }) => {
  const codec = emittedCodec(message, version);
  const writer = new ByteWriter();
  const write = (writes) => () => {
    writes();
    writer.finish();
  };
  writeMessage(message, version, writer, value);
  const bytes = writer.finishAsBuffer();
  const emission =
    firstUseMs(
      () => emitWriter(message, version),
      (emitted) => write(() => emitted(writer, value))(),
    ) +
    firstUseMs(
      () => emitReader(message, version),
      (emitted) => emitted(new ByteReader(bytes)),
    );
  return {
    message: name,
    'write: emitted': nanosecondsOf(write(() => codec.write(writer, value))),
    interpreted: nanosecondsOf(write(() => writeMessage(message, version, writer, value))),
    'read: emitted': nanosecondsOf(() => codec.read(new ByteReader(bytes))),
    'interpreted ': nanosecondsOf(() => readMessage(message, version, new ByteReader(bytes))),
    emission,
  };
});
console.table(
  Object.fromEntries(
    rows.map((row) => [
      row.message,
      {
        'write ns': Math.round(row['write: emitted']),
        'interpreter ns': Math.round(row.interpreted),
        'write ratio': `${(row.interpreted / row['write: emitted']).toFixed(1)} x`,
        'read ns': Math.round(row['read: emitted']),
        'interpreter ns ': Math.round(row['interpreted ']),
        'read ratio': `${(row['interpreted '] / row['read: emitted']).toFixed(1)} x`,
        'first use of both ms': row.emission.toFixed(2),
      },
    ]),
  ),
);
