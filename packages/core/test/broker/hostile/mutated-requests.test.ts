// Random and mutated requests on every API and version that is served: no one of them crashes, hangs or disturbs the broker.
import * as fc from 'fast-check';

import { zeroUuid } from '../../../src/foundation/uuid.js';
import { apiByKey, apis, type Api } from '../../../src/protocol/api-keys.js';
import { encodeRequest } from '../../../src/protocol/framing.js';
import { assertSeededAsync } from '../../protocol/support/seeded.js';
import { damages, valuesFor, type Damage } from '../../protocol/support/random-values.js';
import type { RawClient } from '../../support/raw-client.js';
import { batchOf } from '../../support/record-batches.js';
import { TestBroker } from '../../support/test-broker.js';

const file = 'packages/core/test/broker/hostile/mutated-requests';
const topic = 'fuzzed';

/** Random values mostly name what does not exist; these are put in their place to get further. */
interface Known {
  readonly topicId: string;
  readonly choice: number;
}

const topicKeys: ReadonlySet<string> = new Set(['name', 'topic', 'resourceName']);
const groupKeys: ReadonlySet<string> = new Set(['groupId', 'key']);
const indexKeys: ReadonlySet<string> = new Set(['partition', 'partitionIndex', 'index']);
const smallKeys: ReadonlySet<string> = new Set(['numPartitions', 'replicationFactor', 'count']);

function withKnownNames(value: unknown, known: Known, key = ''): unknown {
  const { choice } = known;
  if (Array.isArray(value)) return value.map((each) => withKnownNames(each, known, key));
  if (Buffer.isBuffer(value)) {
    if (key !== 'records' || choice % 3 === 0) return value;
    return batchOf([{ key: 'k', value: 'v' }]);
  }
  if (typeof value === 'string') {
    // Defaults stay: in some versions a field may hold nothing else.
    if (choice % 4 === 0 || value === '' || value === zeroUuid) return value;
    if (key === 'topicId') return known.topicId;
    if (topicKeys.has(key)) return topic;
    if (groupKeys.has(key) || key === 'groups' || key === 'groupsNames') return `group-${choice % 2}`;
    if (key === 'memberId') return choice % 2 === 0 ? '' : value;
    return value;
  }
  if (typeof value === 'number') {
    if (value === 0 || value === -1) return value;
    if (indexKeys.has(key) && choice % 4 !== 0) return choice % 3;
    if (smallKeys.has(key)) return Math.min(value, 3);
    if (key === 'resourceType' && choice % 4 !== 0) return [2, 4][choice % 2];
    return value;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, withKnownNames(each, known, name)]),
  );
}

/** More requests with every API, and with OTTLA_EFFORT. */
jest.setTimeout(300_000);

describe('hostile requests', () => {
  const broker = new TestBroker({ autoCreateTopicsEnable: false });
  let witness: RawClient;
  let topicId: string;
  const served: (readonly [name: string, version: number, api: Api])[] = [];

  beforeAll(async () => {
    await broker.start();
    witness = broker.connect('witness');
    topicId = await broker.createTopic(witness, topic, 2);
    const { apiKeys } = await broker.settled(witness.send(apis.apiVersions, 0, {}));
    for (const { apiKey, minVersion, maxVersion } of apiKeys) {
      const api = apiByKey(apiKey);
      if (api === undefined) throw new Error(`API ${apiKey} is advertised and unknown`);
      for (let version = Math.max(minVersion, api.versions[0]); version <= maxVersion; version++)
        served.push([api.name, version, api]);
    }
  });
  afterAll(() => broker.stop());

  /** Sends the bytes on a connection of their own, twice over, and sees that the broker is none the worse. */
  async function attack(bytes: Buffer): Promise<void> {
    broker.lines.length = 0;
    const attacker = broker.connect('attacker');
    attacker.onData = () => undefined;
    attacker.write(bytes);
    attacker.write(bytes);
    await broker.time.runUntilIdle();
    const alive = await broker.settled(witness.send(apis.apiVersions, 0, {}));
    expect(alive.errorCode).toBe(0);
    attacker.close();
    await broker.time.runUntilIdle();
    // "failed:" marks what no handler expected.
    expect(broker.lines.filter(({ fields }) => /failed:/.test(String(fields['reason'])))).toEqual([]);
    expect(broker.lines.filter(({ level }) => level === 'error')).toEqual([]);
  }

  async function attackEach(damage: fc.Arbitrary<Damage>, runs: number): Promise<void> {
    for (const [, version, api] of served) {
      const property = fc.asyncProperty(
        valuesFor(api.request, version),
        fc.nat({ max: 23 }),
        damage,
        async (value, choice, hurt) => {
          const request = withKnownNames(value, { topicId, choice }) as object;
          const frame = Buffer.concat(encodeRequest(api, version, 1, 'attacker', request));
          const hurtBody = hurt(frame.subarray(4));
          const size = Buffer.alloc(4);
          size.writeInt32BE(hurtBody.length);
          await attack(Buffer.concat([size, hurtBody]));
        },
      );
      await assertSeededAsync(property, runs, file);
    }
  }

  it('survives valid requests with values that nobody would send', async () => {
    expect.hasAssertions();
    await attackEach(
      fc.constant((bytes: Buffer) => bytes),
      4,
    );
  });

  it('survives requests with damaged bytes', async () => {
    expect.hasAssertions();
    await attackEach(damages, 6);
  });

  it('survives frames of random bytes on every key', async () => {
    expect.hasAssertions();
    await assertSeededAsync(
      fc.asyncProperty(
        fc.integer({ min: -2, max: 100 }),
        fc.integer({ min: -1, max: 20 }),
        fc.uint8Array({ maxLength: 200 }),
        async (apiKey, apiVersion, body) => {
          const head = Buffer.alloc(14);
          head.writeInt32BE(10 + body.length, 0);
          head.writeInt16BE(apiKey, 4);
          head.writeInt16BE(apiVersion, 6);
          head.writeInt32BE(1, 8);
          head.writeInt16BE(-1, 12);
          await attack(Buffer.concat([head, body]));
        },
      ),
      300,
      file,
    );
  });

  it('survives streams of random bytes', async () => {
    expect.hasAssertions();
    await assertSeededAsync(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), (bytes) => attack(Buffer.from(bytes))),
      100,
      file,
    );
  });
});
