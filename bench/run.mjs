// Decides what `npm run bench -- <subject>` measures: `broker`, `clients`, or a mode of the clients' benchmark; without one, the clients.
const [subject] = process.argv.slice(2);
await import(subject === 'broker' ? './broker/run.mjs' : './clients/run.mjs');
