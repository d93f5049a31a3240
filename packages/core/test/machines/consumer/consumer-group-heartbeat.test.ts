import { createVirtualTime } from '../../../src/io/memory/virtual-time.js';
import { ConsumerGroupHeartbeat } from '../../../src/machines/consumer/consumer-group-heartbeat.js';
import { HeartbeatLoop } from '../../../src/runtime/heartbeat-loop.js';

function created(send: () => Promise<boolean> = () => Promise.resolve(true)) {
  const time = createVirtualTime(0);
  const state = { isUrgent: false };
  const events: string[] = [];
  const startMs = time.clock.monotonicMs();
  const at = (): number => time.clock.monotonicMs() - startMs;
  const heartbeat = new ConsumerGroupHeartbeat({
    maxPollIntervalMs: 60_000,
    retryBackoffMs: 100,
    retryBackoffMaxMs: 1000,
    isUrgent: () => state.isUrgent,
  });
  heartbeat.handlePoll(startMs);
  const loop = new HeartbeatLoop({
    heartbeat,
    clock: time.clock,
    timers: time.timers,
    send: () => {
      events.push(`send ${at()}`);
      state.isUrgent = false;
      return send();
    },
    onSessionExpired: () => events.push(`session ${at()}`),
    onPollExpired: () => events.push(`poll ${at()}`),
  });
  return { time, state, events, heartbeat, loop };
}

describe('heartbeats of the consumer protocol', () => {
  test('C22: the first goes out at once, the others at the interval that the coordinator names', async () => {
    const { time, events, heartbeat, loop } = created();
    loop.start();
    expect(events).toEqual(['send 0']);
    heartbeat.handleInterval(2000);
    await time.advance(9500);
    expect(events).toEqual(['send 0', 'send 5000', 'send 7000', 'send 9000']);
  });

  test('what is urgent does not wait for its turn, only for the answer under way', async () => {
    let answer: (value: boolean) => void = () => undefined;
    const { time, state, events, loop } = created(() => new Promise((resolve) => (answer = resolve)));
    loop.start();
    state.isUrgent = true;
    loop.wake();
    await time.advance(1000);
    expect(events).toEqual(['send 0']);
    answer(true);
    await time.advance(1);
    expect(events).toEqual(['send 0', 'send 1000']);
  });

  test('after a failure even what is urgent waits for the back-off, which doubles', async () => {
    const { time, state, events, loop } = created(() => {
      state.isUrgent = true;
      return Promise.resolve(false);
    });
    loop.start();
    await time.advance(3000);
    expect(events).toEqual(['send 0', 'send 100', 'send 300', 'send 700', 'send 1500', 'send 2500']);
  });

  test('CC5: without polls it ends after maxPollIntervalMs', async () => {
    const { time, events, loop } = created();
    loop.start();
    await time.advance(100_000);
    expect(events.at(-1)).toBe('poll 60000');
    expect(events).toHaveLength(13);
  });

  test('silence ends nothing: only the coordinator knows the session', async () => {
    const { time, events, heartbeat, loop } = created(() => new Promise(() => undefined));
    loop.start();
    await time.advance(55_000);
    expect(events).toEqual(['send 0']);
    heartbeat.handlePoll(time.clock.monotonicMs());
    await time.advance(50_000);
    expect(events).toEqual(['send 0']);
  });
});
