// Decides that the guide from kafkajs is whole: every name that kafkajs' types declare stands in the left column of a table of its section,
// and every name of Ottla's in the column beside it is one of its public API.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const guide = path.join('docs', 'guides', 'migrating-from-kafkajs.md');
const report = path.join('packages', 'core', 'api', 'core.api.md');
const kafkajs = path.dirname(createRequire(import.meta.url).resolve('kafkajs/package.json'));
const declarations = path.join(kafkajs, 'types', 'index.d.ts');

/** Under which heading the names of a declaration are to be found; a declaration that is not here is to be found anywhere. */
const sections = new Map(
  Object.entries({
    'Client options': 'KafkaConfig ISocketFactoryArgs SASLMechanismOptionsMap Logger LogEntry logLevel',
    Retries: 'RetryOptions',
    Producer: 'ProducerConfig Message Partitioners ProducerRecord ProducerBatch Producer Sender Transaction',
    Consumer:
      'ConsumerConfig Consumer ConsumerRunConfig EachMessagePayload EachBatchPayload Batch ConsumerSubscribeTopics',
    Assigners: 'Assigner PartitionAssigners AssignerProtocol MemberMetadata MemberAssignment',
    Admin:
      'Admin AdminConfig ITopicConfig ITopicPartitionConfig AclFilter AclEntry ConfigEntries GroupDescription',
    Events: 'ProducerEvents ConsumerEvents AdminEvents InstrumentationEvent RequestEvent',
    Compression: 'CompressionTypes CompressionCodecs',
  }).flatMap(([heading, names]) => names.split(' ').map((name) => [name, heading])),
);
/** The section that names declarations whose members nobody calls. */
const inside = 'Inside kafkajs';
/** Words of the guide's listings and placeholders that are no names of the API. */
const ourOwnWords = new Set(
  'any Promise all await break false true kafka at with const for of try catch length text record records names topics ids i yourMechanism filter Kafka'.split(
    ' ',
  ),
);

/** The names that a declaration declares: of options, methods, members of enums, at any depth. @param {ts.Node} node @param {Set<string>} into */
function namesBelow(node, into) {
  node.forEachChild((child) => {
    const isMember =
      ts.isPropertySignature(child) ||
      ts.isMethodSignature(child) ||
      ts.isPropertyDeclaration(child) ||
      ts.isMethodDeclaration(child) ||
      ts.isEnumMember(child);
    // What stands in brackets is the name of an enum's member, which the enum itself declares.
    if (isMember && (ts.isIdentifier(child.name) || ts.isStringLiteral(child.name)))
      into.add(child.name.text);
    namesBelow(child, into);
  });
  return into;
}

/** Every declaration by its name, with what it declares; overloads and constants too. @returns {Map<string, Set<string>>} */
function declaredNames() {
  const source = ts.createSourceFile(
    declarations,
    readFileSync(declarations, 'utf8'),
    ts.ScriptTarget.ES2022,
  );
  const found = new Map();
  for (const statement of source.statements) {
    const isNamed =
      ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isEnumDeclaration(statement);
    if (isNamed && statement.name !== undefined)
      found.set(statement.name.text, namesBelow(statement, new Set()));
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, type } of statement.declarationList.declarations) {
      if (ts.isIdentifier(name) && type !== undefined) found.set(name.text, namesBelow(type, new Set()));
    }
  }
  return found;
}

/** What is in backticks, as words. @param {string} text @param {RegExp} [without] what is left out of the code */
const wordsOfCode = (text, without = /(?!)/g) =>
  [...text.matchAll(/`([^`]+)`/g)].flatMap(
    ([, code = '']) => code.replaceAll(without, '').match(/[A-Za-z_][\w-]*/g) ?? [],
  );

/** The tables' rows by the headings they stand under, a nested one's under the outer one's too. @param {string} text */
function rowsByHeading(text) {
  /** @type {Map<string, { left: string, right: string }[]>} */
  const rows = new Map([['', []]]);
  /** @type {string[]} */
  let headings = [];
  for (const line of text.replaceAll(/^```[^]*?^```$/gm, '').split('\n')) {
    const [, marks, heading] = /^(#+) (.*)$/.exec(line) ?? [];
    if (marks !== undefined && heading !== undefined) {
      headings = [...headings.slice(0, marks.length - 1), heading];
      rows.set(heading, []);
      continue;
    }
    if (!line.startsWith('|') || line.startsWith('| --')) continue;
    const [, left = '', right = ''] = line.split(/(?<!\\)\|/);
    const row = { left, right };
    for (const each of ['', ...headings]) rows.get(each)?.push(row);
  }
  return rows;
}

const rows = rowsByHeading(readFileSync(path.join(repository, guide), 'utf8'));
/** @type {Map<string, Set<string>>} */
const wordsByHeading = new Map();
for (const [heading, list] of rows)
  wordsByHeading.set(heading, new Set(list.flatMap(({ left }) => wordsOfCode(left))));

/** @type {string[]} */
const complaints = [];
const declared = declaredNames();
// A search that finds nothing proves nothing.
if (declared.size < 100) throw new Error(`Only ${declared.size} declarations were found in ${declarations}`);
for (const name of sections.keys()) {
  if (!declared.has(name))
    complaints.push(`kafkajs declares no ${name}, which this check places in a section`);
}
let count = 0;
for (const [declaration, names] of declared) {
  if (wordsByHeading.get(inside)?.has(declaration)) continue;
  const heading = sections.get(declaration) ?? '';
  const words = wordsByHeading.get(heading);
  if (words === undefined) complaints.push(`${guide} has no heading “${heading}”`);
  for (const name of names) {
    count += 1;
    if (words?.has(name)) continue;
    complaints.push(
      `${guide}: no table${heading && ` under “${heading}”`} has ${name} of ${declaration} on its left`,
    );
  }
  // A class is used by its name; a type's name is there for those who wrote it down.
  if (/^KafkaJS.*(?<!Metadata|ErrorGroups|ErrorTopic|ErrorPartition)$/.test(declaration)) {
    count += 1;
    if (!wordsByHeading.get('Errors')?.has(declaration))
      complaints.push(`${guide}: no table under “Errors” has ${declaration} on its left`);
  }
}

const ours = new Set(readFileSync(path.join(repository, report), 'utf8').match(/[A-Za-z_][\w-]*/g));
const insideRows = new Set(rows.get(inside));
for (const row of rows.get('') ?? []) {
  if (insideRows.has(row)) continue;
  const { left, right } = row;
  for (const word of wordsOfCode(right, /'[^']*'/g)) {
    if (!ours.has(word) && !ourOwnWords.has(word))
      complaints.push(`${guide}: ${word}, beside ${left.trim()}, is no name of ${report}`);
  }
}

for (const complaint of complaints) console.log(complaint);
if (complaints.length === 0)
  console.log(`${count} names of kafkajs ${version()} have their place in ${guide}`);
process.exit(complaints.length === 0 ? 0 : 1);

function version() {
  return JSON.parse(readFileSync(path.join(kafkajs, 'package.json'), 'utf8')).version;
}
