// Decides how long a test waits for the broker inside it: the median of five processes of their own.
import { fileURLToPath } from 'node:url';

import { run } from '../../interop/support/processes.mjs';

const script = fileURLToPath(new URL('embedded-start.mjs', import.meta.url));

const starts = [];
for (let time = 0; time < 5; time += 1) {
  const { stdout } = await run(process.execPath, [script]);
  starts.push(JSON.parse(stdout.toString().trim().split('\n').at(-1) ?? '{}'));
}
starts.sort((a, b) => a.firstRecordMs - b.firstRecordMs);
const median = starts[2];
console.log(
  `EmbeddedKafka.start() to the first record received: ${median.firstRecordMs.toFixed(0)} ms (median of 5; of these ${median.startMs.toFixed(0)} ms until started; loading the modules took ${median.importMs.toFixed(0)} ms before)`,
);
