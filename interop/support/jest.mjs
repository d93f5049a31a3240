// Decides how the repository's own tests are run as a case of a suite.
import path from 'node:path';

import { run } from './processes.mjs';
import { repository } from './tools.mjs';

const jest = [
  '--import',
  path.join(repository, 'tools/swc-register.mjs'),
  path.join(repository, 'node_modules/jest/bin/jest.js'),
];

/**
 * Runs tests and gives jest's own summary of them.
 * @param {string} project
 * @param {string} paths a regular expression over the paths of tests
 * @param {Record<string, string>} env
 * @param {number} [timeoutMs]
 */
export async function runTests(project, paths, env, timeoutMs = 600_000) {
  const args = [...jest, '--selectProjects', project, '--testPathPatterns', paths];
  const { stderr } = await run(process.execPath, args, { cwd: repository, env, timeoutMs });
  return /^Tests: .*$/m.exec(stderr)?.[0] ?? 'no test ran';
}
