import { ConnectionRate } from '../../src/broker/connection-rate.js';
import { createBroker } from '../../src/composition/create-broker.js';
import { createTcpNetwork } from '../../src/io/node/tcp-network.js';
import { apis } from '../../src/protocol/api-keys.js';
import { RawClient } from '../support/raw-client.js';
import { TestBroker } from '../support/test-broker.js';

describe('max.connection.creation.rate', () => {
  it('lets a second’s worth come at once, and the others at the rate', () => {
    const rate = new ConnectionRate(() => 10);
    const at = (nowMs: number, count: number) => Array.from({ length: count }, () => rate.admit(nowMs));
    expect(at(5_000, 12)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 200]);
    expect(at(5_250, 1)).toEqual([50]);
    // After a rest of minutes it is a second's worth again, and no more.
    expect(at(500_000, 11).filter((delayMs) => delayMs > 0)).toEqual([100]);
  });

  it('is no limit by default, and follows its config', () => {
    let perSecond = 2 ** 31 - 1;
    const rate = new ConnectionRate(() => perSecond);
    expect(Array.from({ length: 5_000 }, () => rate.admit(0)).every((delayMs) => delayMs === 0)).toBe(true);
    perSecond = 1;
    expect([rate.admit(0), rate.admit(0), rate.admit(0)]).toEqual([0, 1_000, 2_000]);
  });

  it('a connection beyond it is taken, and answered when its time has come; others are not held up', async () => {
    const broker = await new TestBroker({ maxConnectionCreationRate: 2 }).start();
    const [early, second, late] = [broker.connect(), broker.connect(), broker.connect()];
    const startedMs = broker.time.clock.monotonicMs();
    const answers: [name: string, atMs: number][] = [];
    const ask = async (name: string, client: typeof early): Promise<void> => {
      await client.send(apis.apiVersions, 0, {});
      answers.push([name, broker.time.clock.monotonicMs() - startedMs]);
    };
    await broker.settled(Promise.all([ask('late', late), ask('early', early), ask('second', second)]));
    expect(answers.map(([name]) => name)).toEqual(['early', 'second', 'late']);
    expect(answers.map(([, atMs]) => atMs)).toEqual([0, 0, 500]);
    await broker.settled(ask('again', late));
    expect(answers.at(-1)).toEqual(['again', 500]);
    await broker.stop();
    expect(broker.time.armedTimers).toBe(0);
  });

  it('a broker that stops does not wait for connections that do', async () => {
    const broker = await new TestBroker({ maxConnectionCreationRate: 1 }).start();
    const clients = Array.from({ length: 5 }, () => broker.connect());
    await broker.settled(clients[0]!.send(apis.apiVersions, 0, {}));
    await broker.stop();
    expect(clients.every(({ isClosed }) => isClosed)).toBe(true);
    expect(broker.time.armedTimers).toBe(0);
  });

  it('holds over TCP, too', async () => {
    const broker = await createBroker({ listen: '127.0.0.1:0', config: { maxConnectionCreationRate: 4 } });
    const clients = Array.from({ length: 5 }, () => new RawClient(createTcpNetwork(), broker.address));
    const startedMs = performance.now();
    const answeredMs = await Promise.all(
      clients.map(async (client) => {
        await client.send(apis.apiVersions, 0, {});
        return performance.now() - startedMs;
      }),
    );
    expect(answeredMs.filter((atMs) => atMs >= 200)).toHaveLength(1);
    for (const client of clients) client.close();
    await broker.close();
  });
});
