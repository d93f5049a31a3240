import { apiByKey, apis } from '../../src/protocol/api-keys.js';

test('an API is found by its key', () => {
  for (const api of Object.values(apis)) {
    expect(apiByKey(api.key)).toBe(api);
  }
  expect(apiByKey(4)).toBeUndefined();
  expect(apiByKey(-1)).toBeUndefined();
  expect(apiByKey(32_000)).toBeUndefined();
});

test('quirks 2, 4 and 12: what a broker names is what Kafka 4.1 and later name', () => {
  const named = Object.values(apis).map(({ key, advertisedVersions: [first, last] }) => [
    key,
    `${first}-${last}`,
  ]);
  expect(Object.fromEntries(named)).toStrictEqual({
    0: '0-13',
    1: '4-18',
    2: '1-11',
    3: '0-13',
    8: '2-10',
    9: '1-10',
    10: '0-6',
    11: '0-9',
    12: '0-4',
    13: '0-5',
    14: '0-5',
    15: '0-6',
    16: '0-5',
    17: '0-1',
    18: '0-4',
    19: '2-7',
    20: '1-6',
    21: '0-2',
    22: '0-5',
    23: '2-4',
    24: '0-5',
    25: '0-4',
    26: '0-5',
    27: '1-2',
    28: '0-5',
    29: '1-3',
    30: '1-3',
    31: '1-3',
    32: '1-4',
    33: '0-2',
    34: '1-2',
    35: '1-4',
    36: '0-2',
    37: '0-3',
    42: '0-2',
    43: '0-2',
    44: '0-1',
    45: '0-1',
    46: '0-0',
    47: '0-0',
    48: '0-1',
    49: '0-1',
    50: '0-0',
    51: '0-0',
    55: '0-2',
    57: '0-2',
    60: '0-2',
    61: '0-0',
    65: '0-0',
    66: '0-2',
    68: '0-1',
    69: '0-1',
    74: '0-1',
    75: '0-0',
  });
});

test('request and response have the same versions', () => {
  for (const { request, response, versions } of Object.values(apis)) {
    expect(response.versions).toStrictEqual(request.versions);
    expect(versions[0]).toBe(request.versions[0]);
    expect(versions[1]).toBeLessThanOrEqual(request.versions[1]);
  }
});
