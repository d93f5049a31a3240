// Decides that every TypeScript listing in the documentation compiles, strictly, against the built packages, as the reader would have it.
//
// Each ```ts block of a file is a module of its own, `1.ts`, `2.ts` … in a folder of that file's, so a later one may import './1.js'.
// An HTML comment `<!-- ts: … -->` before a block is put in front of it: what the reader has at hand without being told.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const folder = path.join(repository, 'node_modules', '.cache', 'listings', String(process.pid));

const compilerOptions = {
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable', 'dom'],
  module: 'nodenext',
  moduleDetection: 'force',
  types: ['node', 'jest'],
  strict: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
  noEmit: true,
};

/** @param {string} directory @returns {string[]} names of what lies in it, `/` at the end of directories */
const entries = (directory) =>
  readdirSync(path.join(repository, directory), { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  );

/** Markdown below a directory; docs/api is generated. @param {string} directory @returns {string[]} */
const markdownBelow = (directory) =>
  entries(directory).flatMap((name) => {
    const place = `${directory}/${name}`;
    if (name.endsWith('/')) return place === 'docs/api/' ? [] : markdownBelow(place.slice(0, -1));
    return name.endsWith('.md') ? [place] : [];
  });

/** @param {string} directory */
const readmesIn = (directory) => entries(directory).map((name) => `${directory}/${name}README.md`);

const documents = [
  'README.md',
  ...readmesIn('packages'),
  ...readmesIn('samples'),
  ...markdownBelow('docs'),
].filter((document) => existsSync(path.join(repository, document)));

/**
 * The listings of a document, each with the line on which its code begins.
 * @param {string} text
 */
function listings(text) {
  return [...text.matchAll(/(?:<!-- ts: ([^]*?) -->\n\n)?```ts\n([^]*?)\n```/g)].map((match) => {
    const [whole, preamble = '', code = ''] = match;
    const start = match.index + whole.indexOf('```ts\n') + '```ts\n'.length;
    return {
      line: text.slice(0, start).split('\n').length,
      // On one line, so that line numbers of the listing stay those of the document less a constant.
      code: `${preamble.replaceAll('\n', ' ')}\n${code}\nexport {};\n`,
    };
  });
}

/** @type {Map<string, { document: string, line: number }>} */
const places = new Map();
for (const document of documents) {
  const name = document.replace(/\.md$/, '').replaceAll('/', '-');
  for (const [index, { line, code }] of listings(
    readFileSync(path.join(repository, document), 'utf8'),
  ).entries()) {
    mkdirSync(path.join(folder, name), { recursive: true });
    writeFileSync(path.join(folder, name, `${index + 1}.ts`), code);
    places.set(`${name}/${index + 1}.ts`, { document, line });
  }
}
// A search that finds nothing proves nothing.
if (places.size < 10) throw new Error(`Only ${places.size} listings were found in ${documents.join(', ')}`);
writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*/*.ts'] }));

const require = createRequire(path.join(repository, 'package.json'));
const compiler = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
const { stdout, status, error } = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
  cwd: folder,
  encoding: 'utf8',
});
rmSync(folder, { recursive: true, force: true });
if (error !== undefined) throw error;
const complaints = stdout.replaceAll(/^([^\s(]+\.ts)\((\d+),(\d+)\)/gm, (whole, file, line, column) => {
  const place = places.get(file);
  return place === undefined ? whole : `${place.document}:${place.line + Number(line) - 2}:${column}`;
});
process.stdout.write(complaints);
console.log(
  status === 0
    ? `${places.size} listings of ${new Set([...places.values()].map(({ document }) => document)).size} documents compile`
    : 'Listings above do not compile; once they do, run: npm run docs:check',
);
process.exit(status === 0 ? 0 : 1);
