import {
  ClosedError,
  ConnectionError,
  KafkaError,
  TimeoutError,
  UnsupportedVersionError,
} from '../../src/client/errors.js';
import { defaultConnectionSettings, NetworkClient } from '../../src/client/network-client.js';
import { createMemoryNetwork } from '../../src/io/memory/memory-network.js';
import { createSeededRandom } from '../../src/io/memory/seeded-random.js';
import { createVirtualTime } from '../../src/io/memory/virtual-time.js';
import type { Socket } from '../../src/ports/network.js';
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import {
  decodeRequestHeader,
  encodeResponse,
  FrameDecoder,
  type DecodedRequestHeader,
} from '../../src/protocol/framing.js';

const ranges = (maxApiVersions: number, maxMetadata = 13) => [
  { apiKey: 18, minVersion: 0, maxVersion: maxApiVersions },
  { apiKey: 3, minVersion: 0, maxVersion: maxMetadata },
];
const body = { brokers: [], topics: [] };

/** A peer that does what the test says with each request; by default it is a broker that knows ApiVersions and Metadata. */
async function world(options: { maxApiVersions?: number; maxMetadata?: number } = {}) {
  const { maxApiVersions = 4, maxMetadata = 13 } = options;
  const time = createVirtualTime();
  const network = createMemoryNetwork(time.timers);
  const seen: DecodedRequestHeader[] = [];
  const sockets: Socket[] = [];
  const peer = {
    time,
    network,
    seen,
    sockets,
    onMetadata: (socket: Socket, header: DecodedRequestHeader): void =>
      void socket.write(encodeResponse(apis.metadata, header.apiVersion, header.correlationId, body)),
  };
  await network.listen({ host: 'peer', port: 1 }, (socket) => {
    const frames = new FrameDecoder();
    sockets.push(socket);
    return {
      onData: (chunk) => {
        frames.push(chunk);
        for (let frame = frames.next(); frame !== null; frame = frames.next()) {
          const header = decodeRequestHeader(frame);
          seen.push(header);
          if (header.apiKey !== apis.apiVersions.key) {
            peer.onMetadata(socket, header);
            continue;
          }
          const isKnown = header.apiVersion <= maxApiVersions;
          const answer = {
            errorCode: isKnown ? ErrorCode.NONE : ErrorCode.UNSUPPORTED_VERSION,
            apiKeys: isKnown ? ranges(maxApiVersions, maxMetadata) : ranges(maxApiVersions).slice(0, 1),
          };
          socket.write(
            encodeResponse(apis.apiVersions, isKnown ? header.apiVersion : 0, header.correlationId, answer),
          );
        }
      },
      onClose: () => undefined,
    };
  });
  const client = new NetworkClient(
    {
      ...defaultConnectionSettings,
      clientId: 'c',
      bootstrapServers: [{ host: 'peer', port: 1 }],
      maxQueuedRequests: 3,
    },
    {
      network,
      clock: time.clock,
      timers: time.timers,
      random: createSeededRandom(1),
      diagnostics: { log: () => undefined },
    },
  );
  const ask = (timeoutMs = 1000, maxVersion?: number) =>
    client.send(
      -1,
      apis.metadata,
      { topics: [] },
      { timeoutMs, ...(maxVersion === undefined ? undefined : { maxVersion }) },
    );
  const failureOf = (promise: Promise<unknown>): Promise<KafkaError> =>
    time.until(
      promise.then(
        () => Promise.reject(new Error('it did not fail')),
        (error: unknown) => error as KafkaError,
      ),
    );
  return { ...peer, peer, client, ask, failureOf };
}

describe('network client', () => {
  test.each([
    [4, [4]],
    [2, [4, 2]],
    [0, [4, 0]],
  ])(
    'quirk 2: ApiVersions is asked again as a broker with versions up to %i tells',
    async (maxApiVersions, asked) => {
      const { time, ask, seen } = await world({ maxApiVersions });
      await time.until(ask());
      expect(seen.filter(({ apiKey }) => apiKey === 18).map(({ apiVersion }) => apiVersion)).toEqual(asked);
      expect(seen.at(-1)).toMatchObject({ apiKey: 3, apiVersion: 13, clientId: 'c' });
    },
  );

  test('the highest version of both sides is spoken, not above a cap', async () => {
    const { time, ask, seen } = await world({ maxMetadata: 9 });
    await time.until(ask());
    await time.until(ask(1000, 7));
    expect(seen.slice(1).map(({ apiVersion }) => apiVersion)).toEqual([9, 7]);
  });

  test('an API the broker does not know is refused in words, and the connection stays', async () => {
    const { time, client, ask, failureOf, sockets } = await world();
    const error = await failureOf(
      client.send(
        -1,
        apis.describeCluster,
        { includeClusterAuthorizedOperations: false },
        { timeoutMs: 100 },
      ),
    );
    expect(error).toBeInstanceOf(UnsupportedVersionError);
    expect(error.message).toBe(
      'Cannot send DescribeCluster to bootstrap server peer:1: this client needs a version from 0 to 2, the broker does not know it',
    );
    await time.until(ask());
    expect(sockets).toHaveLength(1);
  });

  test('a request without an answer times out, ends the connection, and a late answer reaches nobody', async () => {
    const { time, peer, ask, failureOf, sockets } = await world();
    await time.until(ask());
    const answers: (() => void)[] = [];
    const answer = peer.onMetadata;
    peer.onMetadata = (socket, header) => void answers.push(() => answer(socket, header));
    const late = failureOf(ask(500));
    const behind = failureOf(ask(60_000));
    expect(await late).toBeInstanceOf(TimeoutError);
    expect((await late).message).toBe('No answer to Metadata from bootstrap server peer:1 within 500 ms');
    expect(await behind).toBeInstanceOf(ConnectionError);
    expect(await behind).toMatchObject({ code: 'DISCONNECTED', retriable: true });
    for (const send of answers) send();
    peer.onMetadata = answer;
    await time.until(ask());
    expect(sockets).toHaveLength(2);
  });

  test.each([
    [
      'the answer to another request',
      (socket: Socket, header: DecodedRequestHeader) =>
        socket.write(encodeResponse(apis.metadata, header.apiVersion, header.correlationId + 1, body)),
    ],
    ['no Kafka at all', (socket: Socket) => socket.write([Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')])],
    [
      'a response cut short',
      (socket: Socket, header: DecodedRequestHeader) => {
        const bytes = Buffer.concat(
          encodeResponse(apis.metadata, header.apiVersion, header.correlationId, body),
        ).subarray(0, 10);
        bytes.writeInt32BE(6, 0);
        socket.write([bytes]);
      },
    ],
  ])('a peer that sends %s is not believed', async (_what, onMetadata) => {
    const { time, peer, ask, failureOf } = await world();
    const answer = peer.onMetadata;
    peer.onMetadata = onMetadata;
    expect(await failureOf(ask())).toMatchObject({ code: 'MALFORMED_RESPONSE', retriable: false });
    peer.onMetadata = answer;
    await time.until(ask());
  });

  test('KIP-219: a throttled client waits before the next request', async () => {
    const { time, peer, ask } = await world();
    const answer = peer.onMetadata;
    peer.onMetadata = (socket, header) =>
      void socket.write(
        encodeResponse(apis.metadata, header.apiVersion, header.correlationId, {
          ...body,
          throttleTimeMs: 700,
        }),
      );
    await time.until(ask());
    peer.onMetadata = answer;
    const startMs = time.clock.nowMs();
    await time.until(ask());
    expect(time.clock.nowMs() - startMs).toBe(700);
  });

  test('back-off before connecting again grows from 50 to 1000 ms, with jitter', async () => {
    const { time, client, failureOf } = await world();
    client.updateNode({ id: 7, host: 'nobody', port: 9, rack: null });
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      const startMs = time.clock.nowMs();
      const error = await failureOf(client.send(7, apis.metadata, { topics: [] }, { timeoutMs: 5000 }));
      expect(error.message).toBe('Cannot connect to broker 7 (nobody:9) (connection refused)');
      waits.push(time.clock.nowMs() - startMs);
    }
    [0, 50, 100, 200, 400, 800, 1000, 1000, 1000].forEach((expected, index) => {
      expect(waits[index]).toBeGreaterThanOrEqual(expected * 0.8);
      expect(waits[index]).toBeLessThanOrEqual(expected * 1.2 + 1);
    });
  });

  test('the queue is bounded: more fails at once, in words', async () => {
    const { ask, failureOf } = await world();
    const asked = Array.from({ length: 5 }, () =>
      ask().then(
        () => null,
        (error: KafkaError) => error.code,
      ),
    );
    expect(await failureOf(Promise.all(asked).then((codes) => Promise.reject(codes)))).toEqual([
      null,
      null,
      null,
      'TOO_MANY_REQUESTS',
      'TOO_MANY_REQUESTS',
    ]);
  });

  test('close fails what is open, at once, and leaves no timer', async () => {
    const { time, peer, client, ask, failureOf } = await world();
    peer.onMetadata = () => undefined;
    const open = failureOf(ask());
    await time.advance(10);
    client.close();
    expect(await open).toBeInstanceOf(ClosedError);
    expect(await failureOf(ask())).toBeInstanceOf(ClosedError);
    expect(time.armedTimers).toBe(0);
  });
});
