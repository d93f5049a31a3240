// Decides whether the public API is what its committed report says: `--check` fails on a difference, without it the reports are rewritten.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const isCheck = process.argv.includes('--check');
let differs = false;

/** @param {string} name the folder below packages/ @param {string} entry the declaration file below dist/ @param {string} report */
function reportOn(name, entry, report) {
  const folder = path.join(repository, 'packages', name);
  const config = ExtractorConfig.prepare({
    configObjectFullPath: path.join(folder, 'api-extractor.json'),
    packageJsonFullPath: path.join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: path.join(folder, 'dist', entry),
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2022',
            module: 'nodenext',
            moduleResolution: 'nodenext',
            lib: ['es2023'],
            types: ['node'],
            skipLibCheck: true,
            experimentalDecorators: true,
          },
          include: [path.join(folder, 'dist')],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${report}.api.md`,
        reportFolder: path.join(folder, 'api'),
        reportTempFolder: path.join(repository, 'node_modules', '.cache', 'api', name),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'none' } },
        extractorMessageReporting: { default: { logLevel: 'none' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  });
  const result = Extractor.invoke(config, {
    localBuild: !isCheck,
    showVerboseMessages: false,
    messageCallback: quiet,
  });
  if (result.apiReportChanged) {
    console.log(
      `packages/${name}/api/${report}.api.md ${isCheck ? 'does not match the public API; run: npm run api' : 'was rewritten'}`,
    );
    differs = true;
  }
}

/** @param {import('@microsoft/api-extractor').ExtractorMessage} message */
function quiet(message) {
  message.handled = true;
}

for (const name of ['core', 'nest-transport', 'testing']) reportOn(name, 'index.d.ts', name);
if (isCheck && differs) process.exit(1);
