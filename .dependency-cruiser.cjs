// The floors of design: a module imports only what this table lets it. Changing the table is a visible act.
const core = '^packages/core/src';

// Floor by floor: a folder, and the folders of packages/core/src it may import (its own is always allowed).
const floors = {
  ports: ['foundation'],
  foundation: [],
  protocol: ['foundation'],
  machines: ['foundation', 'ports', 'protocol'],
  runtime: ['foundation', 'ports', 'protocol', 'machines'],
  io: ['foundation', 'ports'],
  broker: ['foundation', 'ports', 'protocol', 'machines', 'runtime'],
  client: ['foundation', 'ports', 'protocol', 'machines', 'runtime'],
  composition: ['foundation', 'ports', 'protocol', 'machines', 'runtime', 'io', 'broker', 'client'],
  // protocol and machines for `dump-log` alone, which reads files that no broker serves.
  cli: ['foundation', 'ports', 'protocol', 'machines', 'composition', 'client', 'broker'],
};

const floorRules = Object.entries(floors).map(([floor, below]) => ({
  name: `floor-${floor}`,
  severity: 'error',
  from: { path: `${core}/${floor}/` },
  to: { path: `${core}/`, pathNot: [floor, ...below].map((name) => `${core}/${name}/`) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...floorRules,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'pure-floors-no-node',
      comment: 'foundation, ports, protocol and machines know nothing of Node beyond Buffer.',
      severity: 'error',
      from: { path: `${core}/(foundation|ports|protocol|machines)/` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-floors-no-packages',
      severity: 'error',
      from: { path: `${core}/(foundation|ports|protocol|machines|runtime|broker|client)/` },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-peer', 'npm-optional'] },
    },
    {
      name: 'inversify-only-in-composition',
      severity: 'error',
      from: { path: core, pathNot: `${core}/composition/` },
      to: { path: 'node_modules/(inversify|reflect-metadata)' },
    },
    {
      name: 'core-no-nest',
      severity: 'error',
      from: { path: '^packages/core' },
      to: { path: '@nestjs|rxjs' },
    },
    {
      name: 'no-deep-workspace',
      severity: 'error',
      from: { path: '^(?:packages|samples)/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/src/(?!(?:index|composition/broker-thread)\\.ts$)',
        pathNot: '^packages/$1/',
      },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-undeclared',
      severity: 'error',
      from: { path: '^packages/[^/]+/src' },
      to: { dependencyTypes: ['npm-no-pkg', 'unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/(dist|bin)/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@ottla/source', 'import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js'],
      mainFields: ['main', 'types'],
    },
  },
};
