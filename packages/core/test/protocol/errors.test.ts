import { ErrorCode, errorByCode, type ErrorName, errors } from '../../src/protocol/errors.js';

test('names, numbers and descriptions belong together', () => {
  for (const [name, code] of Object.entries(ErrorCode)) {
    expect(errorByCode(code)).toMatchObject({ name, code });
    expect(errors[name as ErrorName]).toBe(errorByCode(code));
    expect(errorByCode(code).message).toMatch(/^[A-Z].*\.$/);
  }
  expect(Object.keys(ErrorCode)).toHaveLength(138);
});

test('an error that asks for new metadata can be tried again', () => {
  for (const error of Object.values(errors)) {
    expect(error.retriable || !error.invalidMetadata).toBe(true);
  }
});

test.each([
  ['NOT_LEADER_OR_FOLLOWER', 6, true, true],
  ['REQUEST_TIMED_OUT', 7, true, false],
  ['NOT_COORDINATOR', 16, true, false],
  ['OFFSET_METADATA_TOO_LARGE', 12, false, false],
  ['UNKNOWN_MEMBER_ID', 25, false, false],
  ['REBALANCE_IN_PROGRESS', 27, false, false],
  ['UNKNOWN_TOPIC_ID', 100, true, true],
] as const)('%s is %i, as in the Java client', (name, code, retriable, invalidMetadata) => {
  expect(errors[name]).toMatchObject({ code, retriable, invalidMetadata });
});

test('a code from the future is an unknown server error', () => {
  expect(errorByCode(31_000)).toBe(errors.UNKNOWN_SERVER_ERROR);
});
