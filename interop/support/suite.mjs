// Decides how cases are run, reported and counted: a failing client is a failure, a tool that cannot be had is named.

/** Thrown by a case that cannot run because a tool is not to be had here. */
export class ToolMissing extends Error {}

/**
 * @typedef {{ name: string, run: () => Promise<string | void> }} Case a case may return a line that says what it measured
 * @param {string} title
 * @param {readonly Case[]} cases
 * @param {string | undefined} only run only the cases whose name contains this text
 */
export async function runSuite(title, cases, only) {
  const chosen = only === undefined ? cases : cases.filter((one) => one.name.includes(only));
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  console.log(title);
  for (const one of chosen) {
    const startedAtMs = performance.now();
    try {
      const said = await one.run();
      passed += 1;
      report('pass', one.name, startedAtMs, said ?? '');
    } catch (error) {
      if (error instanceof ToolMissing) {
        skipped += 1;
        report('left out', one.name, startedAtMs, error.message);
      } else {
        failed += 1;
        report('FAIL', one.name, startedAtMs, '');
        console.log(
          String(error instanceof Error ? (error.stack ?? error.message) : error).replace(/^/gm, '      '),
        );
      }
    }
  }
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 && passed > 0;
}

/** @param {string} verdict @param {string} name @param {number} startedAtMs @param {string} said */
function report(verdict, name, startedAtMs, said) {
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  console.log(`  ${verdict.padEnd(8)} ${name} (${seconds} s)${said === '' ? '' : ` — ${said}`}`);
}
