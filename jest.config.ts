/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

const esmOnly = [
  '@nestjs',
  'inversify',
  '@inversifyjs',
  'uid',
  'iterare',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  'load-esm',
  '@tokenizer',
  '@borewit',
].join('|');

const shared: Config = {
  testEnvironment: 'node',
  resolver: '<rootDir>/tools/jest-resolver.cjs',
  testEnvironmentOptions: { customExportConditions: ['@ottla/source', 'node', 'node-addons'] },
  transform: {
    '\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        swcrc: false,
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
        jsc: {
          target: 'es2022',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: {
            legacyDecorator: true,
            decoratorMetadata: true,
            useDefineForClassFields: false,
            verbatimModuleSyntax: true,
          },
        },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly})/)`],
};

// Nest 12 is what the workspaces install; the second project runs the Nest tests again on Nest 11.
const config: Config = {
  reporters: ['default', '<rootDir>/tools/jest-failure-exit.cjs'],
  projects: [
    {
      ...shared,
      displayName: 'ottla',
      testMatch: ['<rootDir>/packages/*/test/**/*.test.ts', '<rootDir>/samples/*/test/**/*.test.ts'],
    },
    {
      ...shared,
      displayName: 'nest-11',
      testMatch: [
        '<rootDir>/packages/nest-transport/test/**/*.test.ts',
        '<rootDir>/packages/testing/test/**/*.test.ts',
      ],
      moduleNameMapper: {
        '^@nestjs/(common|core|testing|platform-express)$':
          '<rootDir>/compat/nest-11/node_modules/@nestjs/$1',
      },
    },
  ],
};
export default config;
