// UpdateFeatures by the wire (KIP-584): the same requests, the same answers, of our broker and of Apache Kafka. Nothing is changed here.
import { apis } from '../../src/protocol/api-keys.js';
import { ErrorCode } from '../../src/protocol/errors.js';
import { startTestCluster, type TestCluster } from '../support/cluster.js';
import { connectTo } from '../support/cluster-client.js';
import type { RawClient } from '../support/raw-client.js';

const [upgrade, safeDowngrade, unsafeDowngrade] = [1, 2, 3];

interface Update {
  readonly feature: string;
  readonly maxVersionLevel: number;
  readonly upgradeType?: number;
}

describe('K24: UpdateFeatures that only validates', () => {
  let cluster: TestCluster;
  let client: RawClient;

  beforeAll(async () => {
    cluster = await startTestCluster();
    client = connectTo(cluster);
  });
  afterAll(async () => {
    client.close();
    await cluster.close();
  });

  async function ask(version: number, featureUpdates: readonly Update[]) {
    const validateOnly = version > 0;
    const reply = await client.send(apis.updateFeatures, version, {
      timeoutMs: 30_000,
      featureUpdates,
      validateOnly,
    });
    return [reply.errorCode, reply.results.map(({ feature, errorCode }) => `${feature} ${errorCode}`)];
  }

  const group = (maxVersionLevel: number, upgradeType = upgrade): Update => ({
    feature: 'group.version',
    maxVersionLevel,
    upgradeType,
  });

  const taken: [what: string, updates: Update[]][] = [
    ['nothing', []],
    ['the level that is', [group(1)]],
    ['a safe downgrade', [group(0, safeDowngrade)]],
    ['an unsafe downgrade', [group(0, unsafeDowngrade)]],
    ['one feature twice', [group(0, safeDowngrade), group(0, safeDowngrade)]],
    [
      'two',
      [group(0, safeDowngrade), { feature: 'transaction.version', maxVersionLevel: 1, upgradeType: 2 }],
    ],
  ];
  it.each(taken)('%s is taken, and named up to version 1', async (_what, updates) => {
    expect(await ask(1, updates)).toEqual([0, updates.map(({ feature }) => `${feature} 0`)]);
    expect(await ask(2, updates)).toEqual([0, []]);
  });

  const wrong: [what: string, updates: Update[]][] = [
    ['an unknown feature', [{ feature: 'no.such.feature', maxVersionLevel: 1 }]],
    ['a level that nobody has', [group(5)]],
    ['a negative level', [group(-1)]],
    ['a lower level as an upgrade', [group(0)]],
    ['an upgrade type of 0', [group(0, 0)]],
    ['an upgrade type of 9', [group(0, 9)]],
    ['a metadata.version that nobody has', [{ feature: 'metadata.version', maxVersionLevel: 99 }]],
    ['no metadata.version', [{ feature: 'metadata.version', maxVersionLevel: 0, upgradeType: 2 }]],
    ['one that is right beside one that is wrong', [group(0, safeDowngrade), group(5)]],
  ];
  it.each(wrong)('%s is refused, and all of the request with it', async (_what, updates) => {
    for (const version of [1, 2])
      expect(await ask(version, updates)).toEqual([ErrorCode.INVALID_UPDATE_VERSION, []]);
  });

  it('version 0: an unknown feature is refused', async () => {
    expect(await ask(0, [{ feature: 'no.such.feature', maxVersionLevel: 1 }])).toEqual([
      ErrorCode.INVALID_UPDATE_VERSION,
      [],
    ]);
  });
});
