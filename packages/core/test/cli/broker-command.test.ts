// The command as a user runs it: a process of its own, from source.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../../../..');
const hooks = `file://${root}/tools/swc-register.mjs`;
const main = join(root, 'packages/core/src/cli/main.ts');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  args: string[],
  onLine: (line: string, kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
) {
  return new Promise<Ended>((done) => {
    const child = spawn(process.execPath, ['--import', hooks, main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.endsWith('\n')) onLine(stdout, (signal) => child.kill(signal));
    });
    child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

describe('ottla broker', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'prints one ready line, logs to stderr, closes on %s with exit code 0',
    async (signal) => {
      const directory = mkdtempSync(join(tmpdir(), 'ottla-cli-'));
      const ended = await run(
        [
          'broker',
          '--listen',
          '127.0.0.1:0',
          '--data-dir',
          directory,
          '--node-id',
          '5',
          '--config',
          'log.retention.ms=60000',
        ],
        (_line, kill) => kill(signal),
      );
      expect(ended.stdout).toMatch(
        /^ready address=127\.0\.0\.1:\d+ cluster-id=[\w-]{22} node-id=5 start-time-ms=\d+\n$/,
      );
      const messages = ended.stderr
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { msg: string }).msg);
      expect(messages).toEqual(['The broker is ready', 'The broker is closing', 'The broker is closed']);
      expect(ended.code).toBe(0);
      rmSync(directory, { recursive: true });
    },
  );

  it('prints the ready line as JSON', async () => {
    const { stdout } = await run(
      ['broker', '--listen', '127.0.0.1:0', '--json', '--log-level', 'error'],
      (_line, kill) => kill('SIGTERM'),
    );
    expect(JSON.parse(stdout)).toMatchObject({
      event: 'ready',
      nodeId: 1,
      address: expect.stringMatching(/^127/),
    });
  });

  it.each([
    [['broker', '--listen', 'nowhere'], /^ottla: Option listen cannot be "nowhere": it must be host:port/],
    [['broker', '--lisen', 'x:1'], /^ottla: unknown option '--lisen'.*--listen/],
    [['broker', '--partitions', 'many'], /^ottla: option '--partitions <number>' argument 'many' is invalid/],
    [['broker', '--config', 'nonsense'], /must be name=value/],
    [['broker', '--config', 'no.such=1'], /^ottla: Broker config noSuch is unknown/],
    [['brooker'], /^ottla: unknown command 'brooker'/],
  ])('%j is one line on stderr and exit code 2', async (args, message) => {
    const ended = await run(args);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('a port in use is one line on stderr and exit code 1', async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    const ended = await run(['broker', '--listen', `127.0.0.1:${port}`]);
    server.close();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      new RegExp(`^ottla: Cannot listen on 127.0.0.1:${port}: another process listens there.*\\n$`),
    );
  });
});
