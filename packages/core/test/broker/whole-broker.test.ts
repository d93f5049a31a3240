import { apis } from '../../src/protocol/api-keys.js';
import { batchOf, valuesIn } from '../support/record-batches.js';
import { fetchOf, TestBroker } from '../support/test-broker.js';

describe('a broker in memory under virtual time', () => {
  const broker = new TestBroker();
  beforeAll(() => broker.start());
  afterAll(() => broker.stop());

  it('takes records and gives them back', async () => {
    const client = broker.connect();
    const versions = await broker.settled(
      client.send(apis.apiVersions, 4, { clientSoftwareName: 'raw', clientSoftwareVersion: '1' }),
    );
    expect(versions.errorCode).toBe(0);
    await broker.createTopic(client, 'first');
    const answer = await broker.produce(client, 'first', batchOf(['a', 'b']));
    expect(answer).toMatchObject({ errorCode: 0, baseOffset: 0, logAppendTimeMs: -1, logStartOffset: 0 });
    const fetched = await broker.settled(client.send(apis.fetch, 12, fetchOf('first', 0)));
    expect(valuesIn(fetched.responses[0]!.partitions[0]!.records)).toEqual(['a', 'b']);
  });
});
