// What the command says of a command line that makes no sense, and of a cluster that is not there.
import { createServer, type AddressInfo } from 'node:net';
import { Writable } from 'node:stream';

import { runCli, startCli } from './run-cli.js';

describe('ottla', () => {
  it.each([
    [
      ['topics', 'crate', 'x'],
      /unknown command 'crate' \(Did you mean create\?\) \(see ottla topics --help\)/,
    ],
    [['topics', 'create', 'x', '-p', 'many'], /argument 'many' is invalid\. It must be a whole number/],
    [['topics', 'add-partitions', 'x'], /give either --num, .*\(see ottla topics add-partitions --help\)/],
    [['topics', 'list', '-b', 'host:port'], /"host:port" whose port is not a number/],
    [['topics', 'list', '--timeout', 'soon'], /It must be a duration/],
    [['consume'], /missing required argument 'topic'/],
    [['consume', 't', '-o', 'somewhere'], /--offset "somewhere" is no place/],
    [['consume', 't', '-o', 'e@never'], /--offset "e@never" is no place/],
    [['consume', 't', '-f', '%q'], /unknown token %q/],
    [['consume', 't', '--json', '-f', '%s'], /--json and --format exclude each other/],
    [['consume', 't', '-G', 'g', '-o', '5'], /--group takes only --offset beginning or end/],
    [['consume', 't', '-G', 'g', '-p', '0'], /--group and --partition exclude each other/],
    [['consume', 't', '-X', 'fetch.mim.bytes=1'], /fetchMimBytes is no option of the consumer/],
    [['produce', 't', '-H', '=x'], /has no name/],
    [['produce', 't', '-k', 'a', '-K', ':'], /--key-delimiter and --key exclude each other/],
    [['produce', 't', '-z', 'lzma'], /Allowed choices are none, gzip, snappy, lz4, zstd/],
    [['configs', 'alter', '-t', 'x'], /give at least one --set/],
    [['configs', 'describe'], /give at least one --topic or --broker/],
    [['groups', 'reset-offsets', 'g'], /give either --to or --shift-by/],
    [['groups', 'reset-offsets', 'g', '--to', 'yesterday'], /"yesterday" is no place/],
    [['offsets', 'list', 't', '--at', 'noon'], /"noon" is no place/],
    [['offsets', 'list', 't:x'], /"t:x" names no partitions/],
  ])('%j is one line on stderr and exit code 2', async (args, message) => {
    const result = await runCli(args);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/^ottla: /);
    expect(result.stderr).toMatch(message);
    expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it.each([
    ['topics list'],
    ['topics describe'],
    ['topics create'],
    ['topics delete'],
    ['topics add-partitions'],
    ['groups list'],
    ['groups describe'],
    ['groups delete'],
    ['groups reset-offsets'],
    ['groups delete-offsets'],
    ['produce'],
    ['consume'],
    ['configs describe'],
    ['configs alter'],
    ['offsets list'],
    ['dump-log'],
    ['broker'],
  ])('%s --help shows options and examples', async (command) => {
    const result = await runCli([...command.split(' '), '--help']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain(`Usage: ottla ${command}`);
    expect(result.stdout).toMatch(new RegExp(`Examples:\\n  # .*\\n  .*ottla ${command.split(' ')[0]}`));
    expect(result.stdout).not.toMatch(/default: (false|\{\})/);
  });

  it('a port where nobody listens is one line that names it, within the time given', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const result = await runCli(['topics', 'list', '-b', `127.0.0.1:${port}`, '--timeout', '300ms']);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(
      new RegExp(
        `^ottla: Listing topics did not succeed within 300 ms: .*127\\.0\\.0\\.1:${port}.*connection refused.*\\n$`,
      ),
    );
  });

  it('--help ends well when its reader is gone', async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    const closed = new Promise((resolve) => stdout.on('close', resolve));
    const result = await startCli(['produce', '--help'], { stdout }).ended;
    await closed;
    expect(result).toMatchObject({ code: 0, stderr: '' });
  });
});
