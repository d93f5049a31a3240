// Lets worker threads and scripts run packages/*/src/**/*.ts without a build (development only).
import { register } from 'node:module';

register('./swc-hooks.mjs', import.meta.url);
