// Decides whether every rule in docs/rules.md has a test named by its number, or is in SKIPPED.md under Rules; `npm run rules -- L22` names the tests of one.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { parseSync } from '@swc/core';

const repository = fileURLToPath(new URL('../', import.meta.url));
const testRoots = ['packages', 'samples'];
const cornerCases = 'corner case';
/** The suites that hold the corner cases of one node (docs/rules.md): those of transactions are beside the simulation of them. */
const cornerCaseSuites = ['packages/core/test/corner-cases/', 'packages/core/test/broker/transactions/'];

/** @typedef {{ file: string, title: string }} Test */

/** @param {string} directory @returns {string[]} */
function testFilesBelow(directory) {
  return readdirSync(path.join(repository, directory), { withFileTypes: true }).flatMap((entry) => {
    const place = `${directory}/${entry.name}`;
    if (!entry.isDirectory()) return entry.name.endsWith('.test.ts') ? [place] : [];
    return entry.name === 'node_modules' || entry.name === 'dist' ? [] : testFilesBelow(place);
  });
}

/** The words of the cells of each row of the tables below a heading. @param {string} text @returns {string[][]} */
function rowsOf(text) {
  return text
    .split('\n')
    .filter((line) => /^\| *[A-Za-z0-9]/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** @param {string} text @param {string} title @returns {string} */
function section(text, title) {
  const after = text.split(`## ${title}\n`)[1];
  if (after === undefined) throw new Error(`There is no section "## ${title}"`);
  return after.split('\n## ')[0] ?? '';
}

/** Every rule in order, with its phrase. */
function readRules() {
  const text = readFileSync(path.join(repository, 'docs/rules.md'), 'utf8');
  /** @type {Map<string, string>} */
  const rules = new Map();
  for (const [cell = '', phrase = ''] of rowsOf(text)) {
    const id = /^\d+$/.test(cell) ? `${cornerCases} ${cell}` : cell;
    if (!/^([A-Z]+\d+|corner case \d+)$/.test(id)) continue;
    if (rules.has(id)) throw new Error(`docs/rules.md names ${id} twice`);
    rules.set(id, phrase);
  }
  return rules;
}

/** `K8–K11, L12`, `corner cases 55–58` as single rules. @param {string} cell @returns {string[]} */
function idsOf(cell) {
  return cell.split(/, */).flatMap((part) => {
    const found = /^(corner cases? |[A-Z]+)(\d+)(?:–(?:[A-Z]+)?(\d+))?$/.exec(part);
    if (found === null) throw new Error(`SKIPPED.md, Rules: "${part}" is not a rule or a range of rules`);
    const [, kind = '', first = '', last = first] = found;
    const prefix = kind.startsWith('corner') ? `${cornerCases} ` : kind;
    return Array.from(
      { length: Number(last) - Number(first) + 1 },
      (_, at) => `${prefix}${Number(first) + at}`,
    );
  });
}

/** What is left out, with its reason. */
function readSkipped() {
  const text = section(readFileSync(path.join(repository, 'SKIPPED.md'), 'utf8'), 'Rules');
  /** @type {Map<string, { isWhole: boolean, why: string }>} */
  const skipped = new Map();
  for (const [cell = '', extent = '', why = ''] of rowsOf(text)) {
    if (!/\d/.test(cell)) continue;
    if (extent !== 'all' && extent !== 'part')
      throw new Error(`SKIPPED.md, Rules: "${cell}" must say all or part`);
    for (const id of idsOf(cell)) skipped.set(id, { isWhole: extent === 'all', why });
  }
  return skipped;
}

/** `describe`, `it` or `test` that is called, also as `test.each(…)`; null when it is skipped. @param {any} callee @returns {boolean | null} */
function isTestCall(callee) {
  if (callee.type === 'Identifier') return ['describe', 'it', 'test'].includes(callee.value);
  if (callee.type === 'CallExpression') return isTestCall(callee.callee);
  if (callee.type === 'TaggedTemplateExpression') return isTestCall(callee.tag);
  if (callee.type !== 'MemberExpression') return false;
  if (isTestCall(callee.object) !== true) return false;
  return ['skip', 'todo', 'failing'].includes(callee.property.value) ? null : true;
}

/** @param {any} argument @returns {string} */
function titleOf(argument) {
  if (argument?.type === 'StringLiteral') return argument.value;
  if (argument?.type !== 'TemplateLiteral') return '';
  return argument.quasis.map((/** @type {any} */ quasi) => quasi.raw).join('…');
}

/** Titles of all tests in a file, and of what they are in. @param {string} file @returns {Test[]} */
function testsIn(file) {
  const source = readFileSync(path.join(repository, file), 'utf8');
  /** @type {Test[]} */
  const tests = [];
  /** @param {any} node */
  const visit = (node) => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (node === null || typeof node !== 'object') return;
    if (node.type === 'CallExpression') {
      const isTest = isTestCall(node.callee);
      if (isTest === null) return;
      if (isTest && node.callee.property?.value !== 'each') {
        const title = titleOf(node.arguments[0]?.expression);
        if (title !== '') tests.push({ file, title });
      }
    }
    for (const key of Object.keys(node)) if (key !== 'span') visit(node[key]);
  };
  visit(parseSync(source, { syntax: 'typescript', decorators: true, target: 'es2022' }).body);
  return tests;
}

/** The rules that a title names: `L4, P8 …`, `C4 to C13 …`, `corner cases 16 and 17 …`. @param {string} title @returns {string[]} */
function rulesNamedBy(title) {
  const ids = [...title.matchAll(/\b(?:[A-Z]{1,2})\d+\b/g)].map(([id]) => id);
  for (const [, kind = '', first, last] of title.matchAll(/\b([A-Z]{1,2})(\d+) to \1(\d+)\b/g)) {
    for (let number = Number(first); number <= Number(last); number++) ids.push(`${kind}${number}`);
  }
  for (const [, first, last] of title.matchAll(/corner cases (\d+) to (\d+)/g)) {
    for (let number = Number(first); number <= Number(last); number++) ids.push(`${cornerCases} ${number}`);
  }
  for (const [, numbers = ''] of title.matchAll(/corner cases? (\d+(?:(?:, | and )\d+)*)/g)) {
    for (const [number] of numbers.matchAll(/\d+/g)) ids.push(`${cornerCases} ${number}`);
  }
  return ids;
}

function testsByRule() {
  /** @type {Map<string, Test[]>} */
  const byRule = new Map();
  for (const test of testRoots.flatMap(testFilesBelow).flatMap(testsIn)) {
    for (const id of new Set(rulesNamedBy(test.title))) byRule.set(id, [...(byRule.get(id) ?? []), test]);
  }
  return byRule;
}

/** @param {Test} test */
const isInSuite = ({ file }) => cornerCaseSuites.some((suite) => file.startsWith(suite));

const rules = readRules();
const skipped = readSkipped();
const byRule = testsByRule();
/** @type {string[]} */
const problems = [];

for (const id of skipped.keys())
  if (!rules.has(id)) problems.push(`SKIPPED.md names rule ${id}, which docs/rules.md does not`);
for (const id of rules.keys()) {
  const tests = byRule.get(id) ?? [];
  const left = skipped.get(id);
  if (tests.length === 0 && left === undefined)
    problems.push(`${id} (${rules.get(id)}) has no test that is named by it and is not in SKIPPED.md`);
  if (tests.length > 0 && left?.isWhole === true)
    problems.push(`${id} is in SKIPPED.md as left out, but ${tests[0]?.file} tests it: "${tests[0]?.title}"`);
  const isCornerCase = id.startsWith(cornerCases);
  if (isCornerCase && left === undefined && !tests.some(isInSuite))
    problems.push(`${id} (${rules.get(id)}) is not in ${cornerCaseSuites.join(' or ')}`);
}

const asked = process.argv.slice(2).join(' ');
for (const [id, phrase] of rules) {
  if (asked !== '' && id !== asked) continue;
  const tests = byRule.get(id) ?? [];
  const left = skipped.get(id);
  const remark = left === undefined ? '' : left.isWhole ? `left out: ${left.why}` : `in part: ${left.why}`;
  if (process.stdout.isTTY || asked !== '' || process.env['RULES_LIST'] !== undefined)
    console.log(
      `${id.padEnd(15)} ${String(tests.length).padStart(3)} tests  ${phrase}${remark === '' ? '' : ` (${remark})`}`,
    );
  if (asked === id) for (const { file, title } of tests) console.log(`    ${file}: ${title}`);
}
const counted = [...rules.keys()].filter((id) => (byRule.get(id)?.length ?? 0) > 0).length;
console.log(
  `${rules.size} rules: ${counted} with tests, ${skipped.size} left out or in part, ${problems.length} problems`,
);
for (const problem of problems) console.log(`  ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
