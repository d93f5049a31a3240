// Decides how the `ottla` command is published: its modules and the libraries in JavaScript it uses joined into a few files, as they
// are, with the libraries' licenses beside them. Runs before the package is packed; `--remove` takes the files away again afterwards.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { build } from 'esbuild';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const core = path.join(repository, 'packages/core');
/** Native code stays in its packages; pino starts files of its own by their path. */
const external = ['@node-rs/crc32', '@toondepauw/node-zstd', 'lz4-napi', 'pino', 'snappy'];
/** Libraries written for CommonJS ask for Node's modules by `require`, which a module does not have. */
const banner =
  "import { createRequire as createRequireHere } from 'node:module';const require = createRequireHere(import.meta.url);";

/** The package in node_modules that a file belongs to; null for our own. @param {string} file @returns {string | null} */
function packageOf(file) {
  const found = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file);
  return found === null ? null : path.join(repository, found[0]);
}

/** @param {string} directory */
function licenseOf(directory) {
  const { name, version, license } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));
  for (const file of ['LICENSE', 'LICENSE.md', 'license', 'LICENSE.txt']) {
    try {
      return `${name} ${version}\n\n${readFileSync(path.join(directory, file), 'utf8').trim()}\n`;
    } catch {
      // Another name, then.
    }
  }
  return `${name} ${version}\n\nLicense: ${license}\n`;
}

/**
 * @param {string} outdir
 * @param {string} entryPoint the compiled command, or its source
 */
export async function bundleCommand(outdir, entryPoint = path.join(core, 'dist/cli/main.js')) {
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: { main: entryPoint },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external,
    banner: { js: banner },
    metafile: true,
    logLevel: 'warning',
  });
  const packages = new Set(Object.keys(metafile.inputs).map(packageOf));
  const licenses = [...packages]
    .filter((each) => each !== null)
    .toSorted()
    .map(licenseOf);
  writeFileSync(path.join(outdir, 'THIRD-PARTY-LICENSES.txt'), licenses.join(`\n${'-'.repeat(80)}\n\n`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { remove: { type: 'boolean' }, outdir: { type: 'string' }, entry: { type: 'string' } },
  });
  const outdir = values.outdir ?? path.join(core, 'dist/command');
  rmSync(outdir, { recursive: true, force: true });
  if (values.remove !== true) await bundleCommand(outdir, values.entry);
}
