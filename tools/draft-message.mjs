// Drafts a message file of packages/core/src/protocol from Apache's JSON definitions (the folder `common/message` of a Kafka jar, unpacked).
//
//   node tools/draft-message.mjs --definitions DIR --api CreatePartitions
//       prints packages/core/src/protocol/messages/NN-create-partitions.ts
//   node tools/draft-message.mjs --definitions DIR --about 'Decides …' OffsetCommitKey OffsetCommitValue
//       prints one file with those messages
//   --out FILE writes instead of printing
//
// The draft is a start, to be read and owned; interop/protocol/cross-check.mjs holds it to the definitions from then on.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { format, resolveConfig } from 'prettier';

const lowerFirst = (text) => text[0].toLowerCase() + text.slice(1);
const kebab = (text) => text.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();

/** Apache's JSON allows comments, on lines of their own. */
export function parseDefinition(text) {
  const lines = text.split('\n').filter((line) => !/^\s*\/\//.test(line));
  return JSON.parse(lines.join('\n'));
}

/** `3+`, `0-7`, `4` or `none` as [first, last]; an open end is Infinity, none is null. */
export function parseVersions(text) {
  if (text === undefined || text === 'none') return null;
  const [first, last] = text.split('-');
  if (text.endsWith('+')) return [Number(text.slice(0, -1)), Infinity];
  return [Number(first), Number(last ?? first)];
}

/** The text of a field's versions; a tagged field may leave it to its tagged versions. */
export const versionsOfField = (field) => field.versions ?? field.taggedVersions;

/** The source of a default, in our terms. */
function defaultSource(type, value) {
  if (value === 'null') return 'null';
  if (type === 'bool') return String(value);
  if (type === 'string') return `'${value}'`;
  if (String(value) === '9223372036854775807') return '2 ** 63';
  if (/^(u?int|float)/.test(type)) return String(Number(value));
  throw new Error(`no rule for the default ${value} of type ${type}`);
}

class FileDraft {
  #imports = new Set();
  #messages = [];
  /** Name of the constant → the definition that it holds. */
  #constants = new Map();

  add(definition) {
    const versions = parseVersions(definition.validVersions);
    const shared = new Map((definition.commonStructs ?? []).map((each) => [each.name, each.fields]));
    const scope = { message: definition.name, versions, shared, structs: [] };
    const fields = this.#fields(definition.fields, scope);
    const flexible = parseVersions(definition.flexibleVersions);
    const name = lowerFirst(definition.name);
    const options = [
      `name: '${definition.name}'`,
      `type: '${['request', 'response', 'header'].includes(definition.type) ? definition.type : 'data'}'`,
      ...(['request', 'response'].includes(definition.type) ? [`apiKey: ${definition.apiKey}`] : []),
      `versions: [${versions[0]}, ${versions[1]}]`,
      `flexibleSince: ${flexible?.[0] ?? null}`,
      `fields: {\n${fields}}`,
    ];
    this.#messages.push(
      ...scope.structs,
      `export const ${name} = message({ ${options.join(', ')} });
export type ${definition.name} = MessageOf<typeof ${name}>;
export type ${definition.name}Input = MessageInputOf<typeof ${name}>;\n`,
    );
  }

  text(about) {
    const imports = [...this.#imports].sort((left, right) => (left < right ? -1 : 1)).join(', ');
    return `// ${about}
import { ${imports} } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

${this.#messages.join('\n')}`;
  }

  #fields(fields, scope) {
    return fields.map((field) => `${lowerFirst(field.name)}: ${this.#field(field, scope)},\n`).join('');
  }

  #field(field, scope) {
    const options = this.#options(field, scope.versions);
    const type = field.type.replace(/^\[\]/, '');
    const isStruct = /^[A-Z]/.test(type);
    const what = isStruct ? this.#struct(type, field.fields ?? scope.shared.get(type), scope) : type;
    if (field.type.startsWith('[]')) {
      this.#imports.add('array');
      if (!isStruct) this.#imports.add(type);
      return `array(${isStruct ? what : `${what}()`}${options === '' ? '' : `, ${options}`})`;
    }
    this.#imports.add(isStruct ? 'structField' : type);
    return isStruct ? `structField(${what}${options === '' ? '' : `, ${options}`})` : `${what}(${options})`;
  }

  #options(field, [first, last]) {
    const [since, until] = parseVersions(versionsOfField(field));
    const nullable = parseVersions(field.nullableVersions);
    const options = [
      ...(since > first ? [`since: ${since}`] : []),
      ...(until < last ? [`until: ${until}`] : []),
      ...(nullable === null ? [] : [`nullableSince: ${nullable[0]}`]),
      ...(field.tag === undefined ? [] : [`tag: ${field.tag}`]),
      // JSON's null is no default at all for Apache's generator; the text "null" is one.
      ...(field.default === undefined || field.default === null
        ? []
        : [`default: ${defaultSource(field.type, field.default)}`]),
      ...(field.ignorable ? ['ignorable: true'] : []),
      ...(field.flexibleVersions === 'none' ? [`flexible: 'never'`] : []),
    ];
    return options.length === 0 ? '' : `{ ${options.join(', ')} }`;
  }

  /** The constant of a struct; one of the same name in another message gets the last word of its message in front. */
  #struct(type, fields, scope) {
    const role = lowerFirst(/[A-Z][a-z0-9]*$/.exec(scope.message)[0]);
    const taken = this.#constants.get(lowerFirst(type));
    const name = taken === undefined || taken.scope === scope ? lowerFirst(type) : role + type;
    const known = this.#constants.get(name);
    if (known === undefined) {
      this.#constants.set(name, { scope, fields });
      this.#imports.add('struct');
      const body = this.#fields(fields, scope);
      scope.structs.push(`const ${name} = struct('${type}', {\n${body}});\n`);
    } else if (known.fields !== fields) {
      throw new Error(`${scope.message} has two structs called ${type}: name one of them by hand`);
    }
    return name;
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      definitions: { type: 'string' },
      api: { type: 'string' },
      about: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const names = values.api === undefined ? positionals : [`${values.api}Request`, `${values.api}Response`];
  if (values.definitions === undefined || names.length === 0) {
    throw new Error('give --definitions DIR and --api NAME or the names of messages');
  }
  const definitions = names.map((name) => {
    const file = path.join(values.definitions, `${name}.json`);
    if (!existsSync(file))
      throw new Error(`${file} does not exist; Apache's names are meant, for example ProduceRequest`);
    return parseDefinition(readFileSync(file, 'utf8'));
  });
  const draft = new FileDraft();
  for (const definition of definitions) draft.add(definition);
  const about =
    values.about ??
    `Decides the ${values.api ?? names.join(', ')} messages (API key ${definitions[0].apiKey}) on the wire.`;
  const key = String(definitions[0].apiKey).padStart(2, '0');
  const file = values.out ?? `packages/core/src/protocol/messages/${key}-${kebab(values.api ?? names[0])}.ts`;
  const text = await format(draft.text(about), { ...(await resolveConfig(file)), filepath: file });
  if (values.out === undefined) process.stdout.write(text);
  else writeFileSync(values.out, text);
}

if (process.argv[1] === import.meta.filename) await main();
