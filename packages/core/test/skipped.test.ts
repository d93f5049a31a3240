// Decides that SKIPPED.md says of every API key what the broker's own ApiVersions says.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apis } from '../src/protocol/api-keys.js';
import { TestBroker } from './support/test-broker.js';

const text = readFileSync(join(__dirname, '../../../SKIPPED.md'), 'utf8');

function section(title: string): string {
  const after = text.split(`## ${title}\n`)[1];
  if (after === undefined) throw new Error(`SKIPPED.md has no section ${title}`);
  return after.split('\n## ')[0] ?? '';
}

/** The numbers of `4`, `71–72`. */
function keysOf(cell: string): number[] {
  const [first = NaN, last = first] = cell.trim().split('–').map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function rows(title: string): string[][] {
  return section(title)
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe('SKIPPED.md', () => {
  let advertised: Map<number, { minVersion: number; maxVersion: number }>;

  beforeAll(async () => {
    const world = await new TestBroker({}).start();
    const client = world.connect();
    const { apiKeys } = await world.time.until(
      client.send(apis.apiVersions, 4, { clientSoftwareName: 'skipped', clientSoftwareVersion: '1' }),
    );
    advertised = new Map(apiKeys.map(({ apiKey, ...versions }) => [apiKey, versions]));
    client.close();
    await world.stop();
  });

  test('lists no key as not served that the broker names', () => {
    const skipped = rows('Not served').flatMap(([keys = '']) => keysOf(keys));
    expect(skipped.filter((key) => advertised.has(key))).toEqual([]);
  });

  test('lists every key that has a schema here and is not served', () => {
    const skipped = new Set(rows('Not served').flatMap(([keys = '']) => keysOf(keys)));
    const missing = Object.values(apis).filter(({ key }) => !advertised.has(key) && !skipped.has(key));
    expect(missing.map(({ key, name }) => `${key} ${name}`)).toEqual([]);
  });

  test('names the versions that are served', () => {
    for (const [cell = '', name = '', versions = ''] of rows('Served in part')) {
      const key = Number(cell);
      const api = Object.values(apis).find((each) => each.key === key);
      const range = advertised.get(key);
      expect(`${key} ${api?.name}`).toBe(`${key} ${name}`);
      // Produce names 0 to 2 beside those that it serves (KAFKA-18659).
      const first = Math.max(range?.minVersion ?? NaN, api?.versions[0] ?? NaN);
      const served = first === range?.maxVersion ? `${first}` : `${first}–${range?.maxVersion}`;
      expect(`${name} ${versions}`).toBe(`${name} ${served}`);
    }
  });
});
