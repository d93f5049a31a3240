#!/usr/bin/env node
import * as nodeModule from 'node:module';

// Node 22.8 and later keep the compiled code between two runs.
nodeModule.enableCompileCache?.();
void import('../dist/cli/main.js');
