// The command as a package is published with it: bundled, laid out as installed, run by Node alone.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../../../..');

describe('the published command', () => {
  let directory: string;
  const command = (): string => join(directory, 'bin/ottla.js');

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ottla-published-'));
    cpSync(join(root, 'packages/core/bin'), join(directory, 'bin'), { recursive: true });
    cpSync(join(root, 'packages/core/package.json'), join(directory, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    const bundle = join(root, 'tools/publish/bundle-command.mjs');
    const entry = join(root, 'packages/core/src/cli/main.ts');
    const args = [bundle, '--outdir', join(directory, 'dist/command'), '--entry', entry];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`The command could not be bundled: ${stderr}`);
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('runs a broker and the commands that talk to it', async () => {
    const broker = spawn(process.execPath, [command(), 'broker', '--listen', '127.0.0.1:0', '--json']);
    const ended = new Promise<number | null>((done) => broker.once('exit', done));
    try {
      const line = await new Promise<Buffer>((ready) => broker.stdout.once('data', ready));
      const { address } = JSON.parse(line.toString()) as { address: string };
      const ottla = (...args: string[]) =>
        spawnSync(process.execPath, [command(), ...args, '-b', address], {
          encoding: 'utf8',
          input: 'a\nb\n',
        });
      expect(ottla('topics', 'create', 'bundled').stderr).toBe('');
      // The codec is native code, which is not in the bundle.
      expect(ottla('produce', 'bundled', '-z', 'lz4').stderr).toBe('');
      const consumed = ottla('consume', 'bundled', '-e');
      expect([consumed.stdout, consumed.stderr]).toEqual(['a\nb\n', '']);
      expect(ottla('topics', 'list').stdout).toContain('bundled');
    } finally {
      broker.kill('SIGTERM');
    }
    expect(await ended).toBe(0);
  });

  it('has the licenses of what it contains beside it', () => {
    const text = readFileSync(join(directory, 'dist/command/THIRD-PARTY-LICENSES.txt'), 'utf8');
    expect(text).toMatch(/^commander \d/m);
    expect(text).toMatch(/^inversify \d/m);
    expect(text.match(/Permission is hereby granted/g)?.length).toBeGreaterThan(5);
    expect(text).not.toMatch(/^pino \d/m);
  });
});
