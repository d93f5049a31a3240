import { Heartbeat } from '../../../src/machines/consumer/heartbeat.js';
import { createVirtualTime } from '../../../src/io/memory/virtual-time.js';
import { HeartbeatLoop } from '../../../src/runtime/heartbeat-loop.js';

const options = {
  heartbeatIntervalMs: 3000,
  sessionTimeoutMs: 45_000,
  maxPollIntervalMs: 300_000,
  retryBackoffMs: 100,
};

function createHeartbeat(): Heartbeat {
  const heartbeat = new Heartbeat(options);
  heartbeat.handlePoll(0);
  heartbeat.renewSession(0);
  return heartbeat;
}

describe('when a heartbeat is due', () => {
  test('after the interval, then not before the answer', () => {
    const heartbeat = createHeartbeat();
    expect(heartbeat.expire(2999)).toEqual({ kind: 'wait', untilMs: 3000 });
    expect(heartbeat.expire(3000)).toEqual({ kind: 'send' });
    heartbeat.handleSent(3000);
    expect(heartbeat.expire(7000)).toEqual({ kind: 'wait', untilMs: 45_000 });
    heartbeat.handleAnswered(7000);
    expect(heartbeat.expire(7000)).toEqual({ kind: 'send' });
  });

  test('a lost heartbeat is sent again after the back-off', () => {
    const heartbeat = createHeartbeat();
    heartbeat.handleSent(3000);
    heartbeat.handleFailed(3500);
    expect(heartbeat.expire(3500)).toEqual({ kind: 'wait', untilMs: 3600 });
    expect(heartbeat.expire(3600)).toEqual({ kind: 'send' });
  });

  test('a session without an answer expires', () => {
    const heartbeat = createHeartbeat();
    heartbeat.handleSent(3000);
    expect(heartbeat.expire(45_000)).toEqual({ kind: 'sessionExpired' });
  });

  test('CC5: no poll within maxPollIntervalMs goes before everything else', () => {
    const heartbeat = createHeartbeat();
    expect(heartbeat.expire(300_000)).toEqual({ kind: 'pollExpired' });
    heartbeat.handlePoll(299_999);
    expect(heartbeat.expire(300_000).kind).not.toBe('pollExpired');
  });
});

describe('the heartbeat loop', () => {
  function createLoop(send: () => Promise<boolean>) {
    const time = createVirtualTime(0);
    const events: string[] = [];
    const startMs = time.clock.monotonicMs();
    const heartbeat = new Heartbeat(options);
    heartbeat.handlePoll(startMs);
    const loop = new HeartbeatLoop({
      heartbeat,
      clock: time.clock,
      timers: time.timers,
      send: () => {
        events.push(`send ${time.clock.monotonicMs() - startMs}`);
        return send();
      },
      onSessionExpired: () => {
        events.push(`session ${time.clock.monotonicMs() - startMs}`);
        heartbeat.renewSession(time.clock.monotonicMs());
      },
      onPollExpired: () => events.push(`poll ${time.clock.monotonicMs() - startMs}`),
    });
    return { time, events, heartbeat, loop };
  }

  test('beats without any poll until maxPollIntervalMs, then stops (CC5)', async () => {
    const { time, events, loop } = createLoop(() => Promise.resolve(true));
    loop.start();
    await time.advance(320_000);
    expect(events.slice(0, 3)).toEqual(['send 3000', 'send 6000', 'send 9000']);
    expect(events.at(-1)).toBe('poll 300000');
    expect(events).toHaveLength(100);
  });

  test('a broker that does not answer makes the session expire', async () => {
    const { time, events, loop } = createLoop(() => new Promise(() => undefined));
    loop.start();
    await time.advance(46_000);
    expect(events).toEqual(['send 3000', 'session 45000']);
  });

  test('after stop nothing is sent, also not by an answer that comes late', async () => {
    let answer: (value: boolean) => void = () => undefined;
    const { time, events, loop } = createLoop(() => new Promise((resolve) => (answer = resolve)));
    loop.start();
    await time.advance(3000);
    loop.stop();
    answer(true);
    await time.advance(100_000);
    expect(events).toEqual(['send 3000']);
  });
});
