// Decides which of other people's tools this machine has, and installs those it can.
import { existsSync, readdirSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from './processes.mjs';
import { ToolMissing } from './suite.mjs';

export const repository = fileURLToPath(new URL('../../', import.meta.url));
export const cacheDirectory = path.join(repository, '.cache');

/** @param {string} command @param {readonly string[]} args */
async function answers(command, args) {
  try {
    await run(command, args, { timeoutMs: 30_000 });
    return true;
  } catch {
    return false;
  }
}

/** Installs a Debian package where that is possible. @param {string} name */
async function installDebianPackage(name) {
  if (process.getuid?.() !== 0 || !(await answers('apt-get', ['--version']))) return false;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    run('apt-get', ['install', '-y', '--no-install-recommends', name], { env, timeoutMs: 300_000 });
  try {
    await install();
  } catch {
    try {
      await run('apt-get', ['update'], { env, timeoutMs: 300_000 });
      await install();
    } catch {
      return false;
    }
  }
  return true;
}

/**
 * Finds a command, installing its Debian package when it is absent. Null when it cannot be had.
 * @param {string} command @param {readonly string[]} args @param {string} debianPackage
 */
async function findOrInstall(command, args, debianPackage) {
  if (await answers(command, args)) return command;
  if ((await installDebianPackage(debianPackage)) && (await answers(command, args))) return command;
  return null;
}

export const findKcat = () => findOrInstall('kcat', ['-V'], 'kcat');
const findJava = () => findOrInstall('java', ['-version'], 'openjdk-17-jre-headless');
/** The compiler, which runs of single Java source files need too; a runtime environment has none. */
export const findJavaCompiler = () => findOrInstall('javac', ['-version'], 'openjdk-17-jdk-headless');
export const findMaven = () => findOrInstall('mvn', ['--version'], 'maven');

/**
 * The jars of Apache Kafka with all they need, from Maven Central; downloaded once into the cache. Null when Java or Maven cannot be had.
 * @returns {Promise<{ java: string, classPath: string } | null>}
 */
export async function findApacheKafka() {
  const java = await findJava();
  if (java === null) return null;
  const libraries = path.join(cacheDirectory, 'kafka', 'libs');
  const complete = () =>
    existsSync(libraries) && readdirSync(libraries).some((name) => name.startsWith('kafka-tools-'));
  if (!complete()) {
    const maven = await findMaven();
    if (maven === null) return null;
    const pom = fileURLToPath(new URL('../kafka/pom.xml', import.meta.url));
    const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${libraries}`];
    await run(maven, args, { timeoutMs: 600_000 });
  }
  return { java, classPath: path.join(libraries, '*') };
}

/** The C compiler, where librdkafka's headers are there too. */
export async function findLibrdkafkaCompiler() {
  const header = '/usr/include/librdkafka/rdkafka.h';
  const compiler = await findOrInstall('gcc', ['--version'], 'gcc');
  if (compiler === null) return null;
  return existsSync(header) || ((await installDebianPackage('librdkafka-dev')) && existsSync(header))
    ? compiler
    : null;
}

/**
 * @platformatic/kafka with the Node it asks for, exactly as its lock file says.
 * @returns {Promise<{ command: string, cwd: string }>}
 */
export async function platformaticClient() {
  const source = path.join(repository, 'interop', 'platformatic');
  const cwd = path.join(cacheDirectory, 'platformatic');
  const command = path.join(cwd, 'node_modules', '.bin', 'node');
  await installedOnce(cwd, path.join(source, 'package-lock.json'), async () => {
    for (const name of ['package.json', 'package-lock.json'])
      await copyFile(path.join(source, name), path.join(cwd, name));
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd, timeoutMs: 300_000 });
    await run(command, ['--version'], { cwd });
  });
  return { command, cwd };
}

/**
 * @confluentinc/kafka-javascript, exactly as its lock file says: with its binary, or built from source where that cannot be had.
 * @returns {Promise<{ command: string, cwd: string }>}
 */
export async function confluentClient() {
  const source = path.join(repository, 'bench', 'clients', 'confluent');
  const cwd = path.join(cacheDirectory, 'confluent');
  await installedOnce(cwd, path.join(source, 'package-lock.json'), async () => {
    for (const name of ['package.json', 'package-lock.json'])
      await copyFile(path.join(source, name), path.join(cwd, name));
    const install = (/** @type {Record<string, string>} */ env) =>
      run('npm', ['ci', '--no-audit', '--no-fund'], { cwd, env, timeoutMs: 600_000 });
    try {
      await install({});
    } catch {
      // Its build downloads what librdkafka needs, unless it is told to take what the machine has.
      await install({ CKJS_LINKING: 'dynamic' });
    }
    await run(process.execPath, ['-e', "require('@confluentinc/kafka-javascript')"], { cwd });
  });
  return { command: process.execPath, cwd };
}

/**
 * Python with confluent-kafka and kafka-python, in a virtual environment of its own.
 * @returns {Promise<{ command: string }>}
 */
export async function pythonClients() {
  const requirements = path.join(repository, 'interop', 'python', 'requirements.txt');
  const directory = path.join(cacheDirectory, 'python-clients');
  const command = path.join(directory, 'bin', 'python');
  await installedOnce(directory, requirements, async () => {
    const python = await findOrInstall('python3', ['-c', 'import ensurepip, venv'], 'python3-venv');
    if (python === null) throw new Error('Python is not to be had from the package manager');
    await run(python, ['-m', 'venv', directory]);
    await run(command, ['-m', 'pip', 'install', '--quiet', '-r', requirements], { timeoutMs: 300_000 });
  });
  return { command };
}

/** @type {Map<string, Promise<void>>} */
const installations = new Map();

/**
 * Installs into a directory unless what the manifest names is there from an earlier run.
 * @param {string} directory @param {string} manifest @param {() => Promise<void>} install
 * @throws {ToolMissing} with the reason, when that fails
 */
function installedOnce(directory, manifest, install) {
  const begun = installations.get(directory);
  if (begun !== undefined) return begun;
  const installation = (async () => {
    const wanted = await readFile(manifest, 'utf8');
    const stamp = path.join(directory, '.installed');
    if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return;
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    try {
      await install();
    } catch (error) {
      throw new ToolMissing(`it cannot be installed: ${String(error)}`);
    }
    await writeFile(stamp, wanted);
  })();
  installations.set(directory, installation);
  return installation;
}
