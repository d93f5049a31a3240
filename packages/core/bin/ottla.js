#!/usr/bin/env node
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

// Node 22.8 and later keep the compiled code between two runs.
nodeModule.enableCompileCache?.();
const distribution = fileURLToPath(new URL('../dist/', import.meta.url));
// A published package has the command in a few files besides, because Node takes longest to find and open hundreds of them.
// Where the compiler has left its notes they may be older than what it wrote.
const isPublished =
  existsSync(`${distribution}command/main.js`) && !existsSync(`${distribution}.tsbuildinfo`);
void import(isPublished ? '../dist/command/main.js' : '../dist/cli/main.js');
