import { CompressionError } from '../../../src/foundation/compression-error.js';
import { loadLibrary } from '../../../src/io/compression/codec-failure.js';

test('a library that is not there is told by codec and what to install', () => {
  let failure: unknown;
  try {
    loadLibrary('snappy', 'ottla-has-no-such-package');
  } catch (error) {
    failure = error;
  }
  expect(failure).toBeInstanceOf(CompressionError);
  expect(failure).toMatchObject({ codec: 'snappy', failure: 'unavailable' });
  expect(String(failure)).toContain('npm install ottla-has-no-such-package');
  expect(String(failure)).toContain(`${process.platform}-${process.arch}`);
});
