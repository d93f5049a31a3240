// Holds our message schemas to Apache's definitions in the newest jars: names, types, versions, flexible versions, tags,
// nullability, defaults and ignorable must agree.
//
//   node interop/protocol/cross-check.mjs                      fetches the newest jars with Maven
//   node interop/protocol/cross-check.mjs JAR [JAR …]          reads these instead
import path from 'node:path';

import { parseDefinition, parseVersions, versionsOfField } from '../../tools/draft-message.mjs';
import { newestKafkaJar, textsInJar } from './apache-jars.mjs';
import { allSchemas } from './schemas.mjs';

/** @typedef {Record<string, unknown>} Facts what is compared of one field or message, in one form for both sides */

const lowerFirst = (text) => text[0].toLowerCase() + text.slice(1);

/** Versions in which both ranges hold, as text; null when there are none. */
function within(range, [first, last]) {
  if (range === null || range === undefined) return null;
  const [low, high] = [Math.max(range[0], first), Math.min(range[1], last)];
  return low > high ? null : `${low}-${high}`;
}

/** Apache's default in the form that our schemas read absent fields as. JSON's null is no default, only the text "null" is. */
function apacheDefault(field) {
  const given = field.default ?? undefined;
  if (given === 'null') return null;
  switch (field.type) {
    case 'bool':
      return given === true || given === 'true';
    case 'string':
      return given ?? '';
    case 'uuid':
      return 'AAAAAAAAAAAAAAAAAAAAAA';
    case 'bytes':
      return 'empty';
    case 'records':
      return null;
    default:
      if (/^\[\]|^[A-Z]/.test(field.type)) return 'empty';
      return Number(given ?? 0);
  }
}

function ourDefault(field) {
  const given = field.options.default;
  if (given !== undefined) return given;
  switch (field.kind) {
    case 'bool':
      return false;
    case 'string':
      return '';
    case 'uuid':
      return 'AAAAAAAAAAAAAAAAAAAAAA';
    case 'records':
      return null;
    case 'bytes':
    case 'array':
    case 'struct':
      return 'empty';
    default:
      return 0;
  }
}

/** The facts of every field of a definition by its path, in wire order. */
function* apacheFields(fields, shared, outer, prefix) {
  for (const field of fields) {
    const range = parseVersions(versionsOfField(field));
    const versions = within(range, outer);
    if (versions === null) continue;
    const at = prefix + lowerFirst(field.name);
    const element = field.type.replace(/^\[\]/, '');
    const inside = [Math.max(range[0], outer[0]), Math.min(range[1], outer[1])];
    yield [
      at,
      {
        type: field.type,
        versions,
        nullable: within(parseVersions(field.nullableVersions), inside),
        tag: field.tag ?? null,
        tagged: within(parseVersions(field.taggedVersions), inside),
        default: apacheDefault(field),
        ignorable: field.ignorable === true,
        flexible: field.flexibleVersions ?? 'as the message',
      },
    ];
    const inner = field.fields ?? shared.get(element);
    if (/^[A-Z]/.test(element)) yield* apacheFields(inner, shared, inside, `${at}.`);
  }
}

function ourType(field) {
  if (field.kind === 'array') return `[]${ourType(field.element)}`;
  return field.kind === 'struct' ? field.struct.name : field.kind;
}

function* ourFields(fields, outer, prefix) {
  for (const [name, field] of Object.entries(fields)) {
    const { since = outer[0], until = outer[1], nullableSince, tag, ignorable, flexible } = field.options;
    const inside = [Math.max(since, outer[0]), Math.min(until, outer[1])];
    const versions = within(inside, outer);
    if (versions === null) {
      yield [prefix + name, { problem: `is in no version of ${outer.join('-')}` }];
      continue;
    }
    yield [
      prefix + name,
      {
        type: ourType(field),
        versions,
        nullable: nullableSince === undefined ? null : within([nullableSince, Infinity], inside),
        tag: tag ?? null,
        tagged: tag === undefined ? null : versions,
        default: ourDefault(field),
        ignorable: ignorable === true,
        flexible: flexible === 'never' ? 'none' : 'as the message',
      },
    ];
    const element = field.kind === 'array' ? field.element : field;
    if (element.kind === 'struct') yield* ourFields(element.struct.fields, inside, `${prefix}${name}.`);
  }
}

/** @param {string} label @param {Facts} ours @param {Facts} apaches @returns {string[]} */
function differences(label, ours, apaches) {
  return Object.keys({ ...apaches, ...ours })
    .filter((fact) => ours[fact] !== apaches[fact])
    .map(
      (fact) =>
        `${label}: ${fact} is ${JSON.stringify(ours[fact])} here and ${JSON.stringify(apaches[fact])} there`,
    );
}

/** @returns {string[]} what differs between one of our schemas and its definition */
function compareMessage(message, definition) {
  const { name } = message;
  const range = parseVersions(definition.validVersions);
  const isApi = definition.type === 'request' || definition.type === 'response';
  const isKnownType = isApi || definition.type === 'header';
  const problems = differences(
    name,
    {
      type: message.type,
      apiKey: message.apiKey,
      versions: message.versions.join('-'),
      flexible: message.flexibleSince,
    },
    {
      type: isKnownType ? definition.type : 'data',
      apiKey: isApi ? definition.apiKey : null,
      versions: range.join('-'),
      flexible: parseVersions(definition.flexibleVersions)?.[0] ?? null,
    },
  );
  const shared = new Map((definition.commonStructs ?? []).map((each) => [each.name, each.fields]));
  const theirs = new Map(apacheFields(definition.fields, shared, range, ''));
  const ours = new Map(ourFields(message.fields, message.versions, ''));
  for (const [at, facts] of theirs) {
    const own = ours.get(at);
    if (own === undefined) problems.push(`${name}.${at} is missing here`);
    else problems.push(...differences(`${name}.${at}`, own, facts));
  }
  for (const at of ours.keys()) {
    if (!theirs.has(at)) problems.push(`${name}.${at} is not in Apache's definition`);
  }
  if (problems.length === 0 && [...ours.keys()].join() !== [...theirs.keys()].join()) {
    problems.push(`${name}: the fields stand in another order: ${[...ours.keys()].join(', ')}`);
  }
  return problems;
}

/** @param {readonly string[]} jars @returns {Promise<Map<string, { definition: any, jar: string }>>} */
async function definitionsIn(jars) {
  const definitions = new Map();
  for (const jar of jars) {
    const texts = await textsInJar(jar, (name) => /^common\/(message|metadata)\/[^/]+\.json$/.test(name));
    if (texts.size === 0)
      throw new Error(`${jar} holds no message definitions (common/message/*.json, common/metadata/*.json)`);
    for (const text of texts.values()) {
      const definition = parseDefinition(text);
      definitions.set(definition.name, { definition, jar: path.basename(jar) });
    }
  }
  return definitions;
}

/**
 * Compares all schemas with Apache's definitions.
 * @param {readonly string[]} [jars] absent: the newest releases, fetched with Maven
 * @returns {Promise<{ checked: string[], jars: string[], problems: string[] }>}
 */
export async function crossCheck(jars) {
  const schemas = await allSchemas();
  const used =
    jars ?? (await Promise.all([...new Set(schemas.map(({ artifact }) => artifact))].map(newestKafkaJar)));
  const definitions = await definitionsIn(used);
  const problems = schemas.flatMap(({ message }) => {
    const found = definitions.get(message.name);
    return found === undefined
      ? [`${message.name} is in none of ${used.map((jar) => path.basename(jar)).join(', ')}`]
      : compareMessage(message, found.definition);
  });
  return {
    checked: schemas.map(({ message }) => message.name),
    jars: used.map((jar) => path.basename(jar)),
    problems,
  };
}

if (process.argv[1] === import.meta.filename) {
  const given = process.argv.slice(2);
  const { checked, jars, problems } = await crossCheck(given.length === 0 ? undefined : given);
  for (const problem of problems) console.error(problem);
  console.log(
    `${checked.length} messages compared with ${jars.join(' and ')}: ${problems.length === 0 ? 'no difference' : `${problems.length} differences`}.`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
