// Decides which of other people's tools this machine has, and installs those it can.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { run } from './processes.mjs';

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
