// Decides that every TypeScript listing in the documentation compiles, strictly, as the reader would have it.
//
// Each ```ts block of a file is a module of its own, `1.ts`, `2.ts` … in a folder of that file's, so a later one may import './1.js'.
// An HTML comment `<!-- ts: … -->` before a block is put in front of it: what the reader has at hand without being told.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const repository = join(__dirname, '../../..');
const folder = join(repository, 'node_modules/.cache/ottla-listings', String(process.pid));

const compilerOptions = {
  target: 'es2022',
  lib: ['es2023', 'dom'],
  module: 'nodenext',
  moduleDetection: 'force',
  customConditions: ['@ottla/source'],
  types: ['node', 'jest'],
  strict: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
  noEmit: true,
};

function documents(): string[] {
  const below = (directory: string): string[] =>
    existsSync(join(repository, directory))
      ? readdirSync(join(repository, directory), { withFileTypes: true }).flatMap((entry) =>
          entry.isDirectory()
            ? [`${directory}/${entry.name}/README.md`]
            : entry.name.endsWith('.md')
              ? [`${directory}/${entry.name}`]
              : [],
        )
      : [];
  return ['README.md', ...below('docs/guides'), ...below('packages'), ...below('samples')].filter((path) =>
    existsSync(join(repository, path)),
  );
}

/** The listings of a document, each with its line, so that an error can be found. */
function listings(text: string): { line: number; code: string }[] {
  const found = [...text.matchAll(/(?:<!-- ts: ([^]*?) -->\n\n)?```ts\n([^]*?)\n```/g)];
  return found.map(({ index, 1: preamble = '', 2: code = '' }) => ({
    line: text.slice(0, index).split('\n').length,
    code: `${preamble}\n${code}\nexport {};\n`,
  }));
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every listing compiles', () => {
  const places: string[] = [];
  for (const path of documents()) {
    const name = path.replace(/\.md$/, '').replaceAll('/', '-');
    for (const [index, { line, code }] of listings(readFileSync(join(repository, path), 'utf8')).entries()) {
      const file = `${name}/${index + 1}.ts`;
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, file), code);
      places.push(`${file} is at ${path}:${line}`);
    }
  }
  expect(places.length).toBeGreaterThan(10);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*/*.ts'] }));
  const compiler = join(
    dirname(createRequire(join(repository, 'package.json')).resolve('typescript/package.json')),
    'bin/tsc',
  );
  let complaints = '';
  try {
    execFileSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], { cwd: folder });
  } catch (error) {
    complaints = `${String((error as { stdout?: Buffer }).stdout)}\n${places.join('\n')}`;
  }
  expect(complaints).toBe('');
}, 120_000);
