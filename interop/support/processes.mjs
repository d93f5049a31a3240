// Decides how other programs are run: bounded in time, output kept, and stopped by the process id we started.
import { spawn } from 'node:child_process';

/**
 * @typedef {{ code: number | null, signal: NodeJS.Signals | null, stdout: Buffer, stderr: string }} Finished
 * @typedef {import('node:child_process').ChildProcess} ChildProcess
 */

/** @type {Set<ChildProcess>} */
const running = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ input?: string | Buffer, timeoutMs?: number, env?: Record<string, string>, cwd?: string, allowFailure?: boolean }} [options]
 * @returns {Promise<Finished>}
 */
export function run(command, args, options = {}) {
  const { input, timeoutMs = 120_000, env, cwd, allowFailure = false } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    running.add(child);
    /** @type {Buffer[]} */
    const stdout = [];
    /** @type {Buffer[]} */
    const stderr = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.on('data', (chunk) => stdout.push(chunk));
    child.stderr.on('data', (chunk) => stderr.push(chunk));
    child.stdin.on('error', () => {}); // A program may end before it read all its input.
    child.on('error', (error) => {
      clearTimeout(timer);
      running.delete(child);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      const finished = {
        code,
        signal,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString(),
      };
      if (code === 0 || (allowFailure && !timedOut)) resolve(finished);
      else reject(new Error(describe(command, args, finished, timedOut ? timeoutMs : null)));
    });
    child.stdin.end(input);
  });
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Finished} finished
 * @param {number | null} timedOutAfterMs
 */
function describe(command, args, finished, timedOutAfterMs) {
  const how =
    timedOutAfterMs === null
      ? `ended with ${finished.code ?? finished.signal}`
      : `did not end within ${timedOutAfterMs} ms`;
  const tail = `${finished.stderr}\n${finished.stdout.toString()}`.trim().slice(-2_000);
  return `${command} ${args.join(' ').slice(0, 200)} ${how}:\n${tail}`;
}

/**
 * Starts a program that stays, and waits until a line of its output matches.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ ready: RegExp, timeoutMs?: number, env?: Record<string, string>, cwd?: string, takesInput?: boolean, onLine?: (line: string) => void }} options
 * `onLine` gets each whole line of the standard output.
 * `output` is all that was printed, `stdout` only the standard output; `write` is for programs that take input.
 * @returns {Promise<{ pid: number, match: RegExpExecArray, output: () => string, stdout: () => string, write: (text: string) => void, stop: (signal?: NodeJS.Signals) => Promise<number | null>, exited: Promise<number | null> }>}
 */
export function start(
  command,
  args,
  { ready, timeoutMs = 60_000, env, cwd, takesInput = false, onLine = () => {} },
) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: [takesInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.stdin?.on('error', () => {}); // It may have ended.
  /** @param {string} text */
  const write = (text) => void child.stdin?.write(text);
  let line = '';
  let output = '';
  let stdout = '';
  /** @type {Promise<number | null>} */
  const exited = new Promise((resolve) => {
    child.on('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  /** @param {NodeJS.Signals} signal */
  const stop = (signal = 'SIGTERM') => {
    child.kill(signal);
    return exited;
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command} was not ready within ${timeoutMs} ms:\n${output.slice(-2_000)}`));
    }, timeoutMs);
    let isReady = false;
    /** @param {string} chunk */
    const take = (chunk) => {
      output += chunk;
      const match = isReady ? null : ready.exec(output);
      if (match === null) return;
      isReady = true;
      clearTimeout(timer);
      const pid = /** @type {number} */ (child.pid);
      resolve({ pid, match, output: () => output, stdout: () => stdout, write, stop, exited });
    };
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      stdout += chunk;
      const lines = `${line}${chunk}`.split('\n');
      line = lines.pop() ?? '';
      for (const one of lines) onLine(one);
      take(chunk);
    });
    child.stderr?.setEncoding('utf8').on('data', take);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    void exited.then((code) => {
      clearTimeout(timer);
      if (!isReady)
        reject(new Error(`${command} ended with ${code} before it was ready:\n${output.slice(-2_000)}`));
    });
  });
}
