// Decides what `npm run bench -- <subject>` measures: `broker`, `clients`, `embedded` or `transactions`; without one, the clients.
const [subject] = process.argv.slice(2);
const scripts = new Map([
  ['broker', './broker/run.mjs'],
  ['embedded', './clients/embedded.mjs'],
  ['transactions', './transactions/run.mjs'],
]);
await import(scripts.get(subject ?? '') ?? './clients/run.mjs');
