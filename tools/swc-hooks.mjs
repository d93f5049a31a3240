// Module hooks that resolve './x.js' to './x.ts' and '@ottla/x' to its source, and compile TypeScript on load.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { transform } from '@swc/core';

import { swcOptions } from './swc-options.mjs';

const root = new URL('../', import.meta.url).href;
const isFirstParty = (url) => url.startsWith(root) && !url.includes('/node_modules/');

export async function resolve(specifier, context, next) {
  const workspace = /^@ottla\/(core|nest-transport|testing)(\/broker-thread)?$/.exec(specifier);
  if (
    workspace &&
    context.parentURL &&
    isFirstParty(context.parentURL) &&
    context.parentURL.endsWith('.ts')
  ) {
    const file = workspace[2] === undefined ? 'index.ts' : 'composition/broker-thread.ts';
    return { url: `${root}packages/${workspace[1]}/src/${file}`, shortCircuit: true, format: 'module' };
  }
  if (/^(\.{0,2}\/|file:)/.test(specifier) && specifier.endsWith('.js')) {
    const script = new URL(specifier, context.parentURL ?? root);
    if (isFirstParty(script.href) && !existsSync(script)) {
      const source = new URL(script.href.replace(/\.js$/, '.ts'));
      if (existsSync(source)) return { url: source.href, shortCircuit: true, format: 'module' };
    }
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts') || !isFirstParty(url)) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), {
    ...swcOptions,
    filename,
    module: { type: 'es6' },
  });
  return { format: 'module', source: code, shortCircuit: true };
}
