// Decides how cases are run, reported and counted: a failing client is a failure, a tool that cannot be had is named.

/** Thrown by a case that cannot run because a tool is not to be had here. */
export class ToolMissing extends Error {}

/**
 * @typedef {{ name: string, run: () => Promise<string | void>, beside?: boolean }} Case a case may return a line that says what it measured;
 * `beside` cases that follow each other run side by side, for most of their time goes by in waiting
 * @typedef {{ verdict: 'pass' | 'left out' | 'FAIL', seconds: string, said: string }} Outcome
 */

const sideBySide = 3;

/**
 * @param {string} title
 * @param {readonly Case[]} cases
 * @param {string | undefined} only run only the cases whose name contains this text
 */
export async function runSuite(title, cases, only) {
  const chosen = only === undefined ? cases : cases.filter((one) => one.name.includes(only));
  const counts = { pass: 0, FAIL: 0, 'left out': 0 };
  console.log(title);
  for (let at = 0; at < chosen.length;) {
    let end = at + 1;
    while (chosen[at]?.beside === true && chosen[end]?.beside === true && end - at < sideBySide) end += 1;
    const round = chosen.slice(at, end);
    const outcomes = await Promise.all(round.map(outcomeOf));
    round.forEach(({ name }, index) => {
      const { verdict, seconds, said } = /** @type {Outcome} */ (outcomes[index]);
      counts[verdict] += 1;
      const remark = said === '' || verdict === 'FAIL' ? '' : ` — ${said}`;
      console.log(`  ${verdict.padEnd(8)} ${name} (${seconds} s)${remark}`);
      if (verdict === 'FAIL') console.log(said.replace(/^/gm, '      '));
    });
    at = end;
  }
  console.log(`${counts.pass} passed, ${counts.FAIL} failed, ${counts['left out']} skipped`);
  return counts.FAIL === 0 && counts.pass > 0;
}

/** @param {Case} one @returns {Promise<Outcome>} */
async function outcomeOf(one) {
  const startedAtMs = performance.now();
  const seconds = () => ((performance.now() - startedAtMs) / 1000).toFixed(1);
  try {
    const said = await one.run();
    return { verdict: 'pass', seconds: seconds(), said: said ?? '' };
  } catch (error) {
    if (error instanceof ToolMissing) {
      return { verdict: 'left out', seconds: seconds(), said: error.message };
    }
    const said = String(error instanceof Error ? (error.stack ?? error.message) : error);
    return { verdict: 'FAIL', seconds: seconds(), said };
  }
}
