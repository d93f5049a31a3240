import { Connection, type ConnectionHost } from '../../src/broker/connection.js';
import { ReplyMemory } from '../../src/broker/reply-memory.js';
import { BufferPool } from '../../src/foundation/buffer-pool.js';
import { RequestMemory } from '../../src/broker/request-memory.js';
import type { RequestRouter, Routed } from '../../src/broker/request-router.js';
import type { Socket } from '../../src/ports/network.js';

/** A connection whose requests take as long as the test says, on a socket that only notes what is done to it. */
function connectionUnderTest(costMs: number, replyMemory = new ReplyMemory()) {
  let nowMs = 0;
  const handled: number[] = [];
  const soon: (() => void)[] = [];
  const buffers = new BufferPool();
  const socket = {
    remoteAddress: { host: '127.0.0.1', port: 1 },
    localAddress: { host: '127.0.0.1', port: 2 },
    bufferedBytes: 0,
    isPaused: false,
    acceptsMore: true,
    givenBack: [] as Buffer[],
    giveBack: (chunk: Buffer) => void socket.givenBack.push(chunk),
    write: (_buffers: readonly Buffer[], _whenSent?: () => void): boolean => socket.acceptsMore,
    pause: () => void (socket.isPaused = true),
    resume: () => void (socket.isPaused = false),
    end: () => undefined,
    destroy: () => undefined,
  };
  let isFrameFree = false;
  let outcome: Routed | Promise<Routed> = [Buffer.from('reply')];
  const router = {
    route(frame: Buffer) {
      handled.push(frame.readInt32BE(0));
      nowMs += costMs;
      return { context: null, outcome, isFrameFree };
    },
  };
  const host: ConnectionHost = {
    router: router as unknown as RequestRouter,
    diagnostics: { log: () => undefined },
    maxRequestBytes: 1_000_000,
    requestMemory: new RequestMemory(-1),
    replyMemory,
    buffers,
    monotonicMs: () => nowMs,
    soon: (callback) => void soon.push(callback),
    closed: () => undefined,
  };
  const connection = new Connection(socket satisfies Socket, host);
  return {
    connection,
    socket,
    handled,
    soon,
    buffers,
    answerWith: (next: Routed | Promise<Routed>) => void (outcome = next),
    freeFrames: () => void (isFrameFree = true),
  };
}

/** So many frames, numbered. */
function frames(count: number, first = 0, bodyBytes = 4): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_unused, index) => {
      const frame = Buffer.alloc(4 + bodyBytes);
      frame.writeInt32BE(bodyBytes, 0);
      frame.writeInt32BE(first + index, 4);
      return frame;
    }),
  );
}

describe('the turns of a connection', () => {
  it('many quick requests in one chunk are served in one turn', () => {
    const { connection, handled, soon } = connectionUnderTest(0);
    connection.onData(frames(1000));
    expect([handled.length, soon.length]).toEqual([1000, 0]);
  });

  it('slow ones let the others go after some milliseconds, and stay in order with what comes meanwhile', () => {
    const { connection, handled, soon } = connectionUnderTest(1);
    connection.onData(frames(50));
    expect([handled.length, soon.length]).toEqual([8, 1]);
    connection.onData(frames(10, 50));
    expect([handled.length, soon.length]).toEqual([8, 1]);
    for (let turns = 0; soon.length > 0; turns++) {
      expect(turns).toBeLessThan(10);
      soon.shift()!();
    }
    expect(handled).toEqual(Array.from({ length: 60 }, (_unused, index) => index));
  });

  it('stops reading while a request waits and much is behind it, and goes on after it', async () => {
    const { connection, socket, handled, answerWith } = connectionUnderTest(0);
    let finish: (routed: Routed) => void = () => undefined;
    answerWith(new Promise((resolve) => (finish = resolve)));
    connection.onData(frames(1));
    answerWith([Buffer.from('reply')]);
    connection.onData(frames(2, 1, 400_000));
    expect(socket.isPaused).toBe(false);
    connection.onData(frames(1, 3, 400_000));
    expect([socket.isPaused, handled]).toEqual([true, [0]]);
    finish(null);
    await Promise.resolve();
    await Promise.resolve();
    expect([socket.isPaused, handled]).toEqual([false, [0, 1, 2, 3]]);
  });

  it('stops reading behind a waiting request also when what comes is in very small pieces', () => {
    const { connection, socket, answerWith } = connectionUnderTest(0);
    answerWith(new Promise(() => undefined));
    connection.onData(frames(1));
    for (let piece = 0; piece < 65; piece++) connection.onData(Buffer.from([0]));
    expect(socket.isPaused).toBe(true);
  });

  it('serves nobody who does not take replies, and tells how much they leave', () => {
    const replyMemory = new ReplyMemory(1000);
    const { connection, socket, handled } = connectionUnderTest(0, replyMemory);
    socket.acceptsMore = false;
    socket.bufferedBytes = 700;
    connection.onData(frames(3));
    expect([handled, replyMemory.freeBytes]).toEqual([[0], 300]);
    socket.acceptsMore = true;
    connection.onDrain();
    expect([handled, replyMemory.freeBytes]).toEqual([[0, 1, 2], 1000]);
    connection.onClose(null);
    expect(replyMemory.usedBytes).toBe(0);
  });

  it('gives a chunk back when nothing refers to its frames, and only then', async () => {
    const { connection, socket, answerWith, freeFrames } = connectionUnderTest(0);
    const kept = frames(3);
    connection.onData(kept);
    freeFrames();
    const [whole, cut] = [frames(3), frames(2)];
    connection.onData(whole);
    expect(socket.givenBack).toEqual([whole]);
    // A frame that spans chunks is copied, so that both chunks are free.
    connection.onData(cut.subarray(0, 13));
    connection.onData(cut.subarray(13));
    expect(socket.givenBack).toHaveLength(3);
    let finish: (routed: Routed) => void = () => undefined;
    answerWith(new Promise((resolve) => (finish = resolve)));
    connection.onData(frames(2));
    connection.onData(frames(1));
    finish(null);
    await Promise.resolve();
    expect(socket.givenBack).toHaveLength(3);
  });

  it('a reply from lent buffers gives them back once it was sent, not before', () => {
    const { connection, socket, buffers, answerWith } = connectionUnderTest(0);
    const sent: (() => void)[] = [];
    socket.write = (_buffers: readonly Buffer[], whenSent?: () => void) => {
      if (whenSent !== undefined) sent.push(whenSent);
      return true;
    };
    connection.onData(frames(1));
    const records = buffers.take(100_000);
    answerWith([Buffer.from('head'), records.subarray(0, 50_000)]);
    connection.onData(frames(1, 1));
    expect([sent.length, buffers.isLent(records)]).toEqual([1, true]);
    sent[0]!();
    expect([buffers.isLent(records), buffers.freeBytes > 0]).toEqual([false, true]);
  });
});
