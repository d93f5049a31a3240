// Decides where @platformatic/kafka is taken from: the directory in which it was installed, which is the working directory.
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const resolved = createRequire(path.join(process.cwd(), 'package.json')).resolve('@platformatic/kafka');

export const client = await import(pathToFileURL(resolved).href);

/** Waits until the answer is yes. @param {string} what @param {() => boolean | Promise<boolean>} holds */
export async function until(what, holds) {
  const deadlineMs = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`after 60 s it is not so that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
