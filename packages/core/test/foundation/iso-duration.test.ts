import { isoDurationMs } from '../../src/foundation/iso-duration.js';

test.each([
  ['P1D', 86_400_000],
  ['PT1H', 3_600_000],
  ['P2DT3H4M5.5S', 2 * 86_400_000 + 3 * 3_600_000 + 4 * 60_000 + 5500],
  ['pt0,25s', 250],
  ['PT0S', 0],
  ['P', null],
  ['PT', null],
  ['P1DT', null],
  ['-P1D', null],
  ['P1Y', null],
  ['1D', null],
  ['P99999999999999D', null],
  ['', null],
])('%s is %p ms', (text, expected) => {
  expect(isoDurationMs(text)).toBe(expected);
});
