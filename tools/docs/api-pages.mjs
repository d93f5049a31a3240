// Decides how the API pages come about (docs/api): every package documented from its built declarations, where anything public that
// says nothing, or refers to what is not public, is a warning, and a warning fails the run.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { Application, Comment, Converter, ReflectionKind } from 'typedoc';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const work = path.join(repository, 'node_modules', '.cache', 'api-pages');
const out = path.join(repository, 'docs', 'api');

const packages = [
  { name: 'core', entries: ['index.d.ts', 'composition/broker-thread.d.ts'] },
  { name: 'nest-transport', entries: ['index.d.ts'] },
  { name: 'testing', entries: ['index.d.ts'] },
];

// Types that only say how other types are made, or that have a public one of the same shape.
/** @type {Record<string, string[]>} */
const notExported = {
  core: [
    'ConfigsOf',
    'ConfigDefinition',
    'clientErrorCodes',
    'brokerConfigTable',
    'operations',
    'permissions',
    'resourceTypes',
    'entityTypes',
    'mechanisms',
    'EventChannels',
    'machines/consumer/topic-partition.ts:TopicPartition',
  ],
};

const strictness = /** @type {const} */ ({
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
});

/** @param {string} text */
const camelCase = (text) => text.replace(/\.(\w)/g, (_, letter) => letter.toUpperCase());

/** Broker configs are a table, whose entries say what they mean: their types have no place for it. */
async function brokerConfigs() {
  const file = path.join(repository, 'packages/core/dist/machines/controller/config/broker-configs.js');
  const { brokerConfigTable } = await import(pathToFileURL(file).href);
  return new Map(
    Object.entries(brokerConfigTable).map(([name, { documentation, defaultValue }]) => [
      camelCase(name),
      `${documentation} Default: ${defaultValue === null ? 'not set' : String(defaultValue)}. Kafka's \`${name}\`.`,
    ]),
  );
}

/** @param {Map<string, string>} documentation @returns {(context: import('typedoc').Context) => void} */
const documentConfigs = (documentation) => (context) => {
  for (const property of context.project.getReflectionsByKind(ReflectionKind.Property)) {
    const place = context.project.getSymbolIdFromReflection(property)?.packagePath ?? '';
    const text = documentation.get(camelCase(property.name));
    if (!place.includes('broker-configs') || text === undefined || property.comment !== undefined) continue;
    property.comment = new Comment([{ kind: 'text', text }]);
  }
};

/** Members of types without a name: the comment is where the type is used. @param {import('typedoc').ProjectReflection} project */
function documentedByTheirType(project) {
  /** @param {import('typedoc').Reflection | undefined} reflection @returns {boolean} */
  const isInParameter = (reflection) =>
    reflection !== undefined &&
    (reflection.kindOf(ReflectionKind.Parameter) || isInParameter(reflection.parent));
  const names = project
    .getReflectionsByKind(ReflectionKind.Property)
    .filter(
      (property) =>
        property.parent?.kindOf(ReflectionKind.TypeLiteral) &&
        property.comment === undefined &&
        !isInParameter(property),
    )
    .map((property) => property.getFriendlyFullName());
  return [...new Set(names)];
}

/** @param {(typeof packages)[number]} one @param {Map<string, string>} configs the file of its JSON, or null when it is refused */
async function documentPackage({ name, entries }, configs) {
  const dist = path.join(repository, 'packages', name, 'dist');
  const files = entries.map((entry) => path.join(dist, entry));
  const tsconfig = path.join(work, `${name}.tsconfig.json`);
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023', 'dom'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [path.join(repository, 'node_modules', '@types')],
    strict: true,
    experimentalDecorators: true,
    skipLibCheck: true,
    noEmit: true,
  };
  writeFileSync(tsconfig, JSON.stringify({ compilerOptions, files }));
  const app = await Application.bootstrap({
    ...strictness,
    name: `@ottla/${name}`,
    entryPoints: files,
    tsconfig,
    basePath: dist,
    readme: path.join(repository, 'packages', name, 'README.md'),
    disableSources: true,
    excludePrivate: true,
    excludeInternal: true,
    validation: {
      notExported: true,
      invalidLink: true,
      invalidPath: true,
      rewrittenLink: true,
      notDocumented: true,
      unusedMergeModuleWith: true,
    },
    intentionallyNotExported: notExported[name] ?? [],
    packagesRequiringDocumentation: ['@ottla/core', '@ottla/nest-transport', '@ottla/testing'],
    requiredToBeDocumented: [
      'Variable',
      'Function',
      'Class',
      'Interface',
      'Property',
      'Method',
      'Accessor',
      'TypeAlias',
    ],
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, documentConfigs(configs));
  const project = await app.convert();
  if (project === undefined) return null;
  app.options.setValue('intentionallyNotDocumented', documentedByTheirType(project));
  app.validate(project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) return null;
  const json = path.join(work, `${name}.json`);
  await app.generateJson(project, json);
  return json;
}

rmSync(work, { recursive: true, force: true });
rmSync(out, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
const configs = await brokerConfigs();
const documented = [];
for (const one of packages) documented.push(await documentPackage(one, configs));
const entryPoints = documented.filter((file) => file !== null);
if (entryPoints.length < packages.length) process.exit(1);

const app = await Application.bootstrap({
  ...strictness,
  name: 'Ottla',
  entryPoints,
  entryPointStrategy: 'merge',
  readme: path.join(repository, 'README.md'),
});
const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
await app.generateDocs(project, out);
process.exit(app.logger.hasErrors() || app.logger.hasWarnings() ? 1 : 0);
