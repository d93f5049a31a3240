import { startBrokerThread } from '../../src/composition/broker-thread.js';
import { createTcpNetwork } from '../../src/io/node/tcp-network.js';
import { apis } from '../../src/protocol/api-keys.js';
import { RawClient } from '../support/raw-client.js';

describe('a broker in a thread of its own', () => {
  it('starts on a free port, serves, forwards its log lines and closes', async () => {
    const lines: string[] = [];
    const broker = await startBrokerThread({
      config: { numPartitions: 3 },
      diagnostics: { log: (_level, message) => void lines.push(message) },
    });
    expect(broker.bootstrapServers).toBe(`127.0.0.1:${broker.address.port}`);
    const client = new RawClient(createTcpNetwork(), broker.address);
    await client.connected;
    const created = await client.send(apis.createTopics, 7, {
      topics: [{ name: 'threaded', numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }],
      timeoutMs: 10_000,
    });
    expect(created.topics).toMatchObject([{ errorCode: 0, numPartitions: 3 }]);
    await Promise.all([broker.close(), broker.close()]);
    await client.closed;
    expect(lines).toContain('Created a topic');
  });

  it('says that it ended when nobody asked it to', async () => {
    const name = `broker-thread-${process.pid}`;
    const breaker = `new BroadcastChannel('${name}').onmessage = () => setImmediate(() => { throw new Error('broken on purpose'); });`;
    const lines: { level: string; message: string; reason: unknown }[] = [];
    let told = (): void => undefined;
    const ended = new Promise<void>((resolve) => (told = resolve));
    const broker = await startBrokerThread({
      workerOptions: {
        execArgv: [...process.execArgv, '--import', `data:text/javascript,${encodeURIComponent(breaker)}`],
      },
      diagnostics: {
        log: (level, message, fields) => {
          lines.push({ level, message, reason: fields?.['reason'] });
          if (level === 'error') told();
        },
      },
    });
    const channel = new BroadcastChannel(name);
    channel.postMessage('break');
    await ended;
    channel.close();
    expect(lines.at(-1)).toEqual({
      level: 'error',
      message: 'The broker thread ended, and with it the broker; start it again',
      reason: 'broken on purpose',
    });
    await expect(broker.close()).rejects.toThrow('broken on purpose');
  });

  it('rejects with what is wrong', async () => {
    await expect(startBrokerThread({ listen: 'nowhere' })).rejects.toMatchObject({
      name: 'BrokerStartError',
      code: 'INVALID_OPTION',
    });
  });
});
