// Decides when a broker that is starting counts as started: when it answers its first ApiVersions request.
import { connect } from 'node:net';

const retryMs = 1;
/** Size, then ApiVersions version 0, correlation id 1, no client id. */
const request = Buffer.from('0000000a0012000000000001ffff', 'hex');

/** One attempt. @param {number} port @returns {Promise<boolean>} */
function asks(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const finish = (/** @type {boolean} */ answered) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => socket.write(request));
    socket.once('data', () => finish(true));
    socket.once('close', () => finish(false));
    socket.once('error', () => finish(false));
  });
}

/**
 * Milliseconds from now until the broker at the port answers; call it right after the process was spawned.
 * @param {number} port @param {number} timeoutMs
 */
export async function millisecondsUntilAnswer(port, timeoutMs) {
  const startedAtMs = performance.now();
  while (!(await asks(port))) {
    if (performance.now() - startedAtMs > timeoutMs) throw new Error(`no answer within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
  return performance.now() - startedAtMs;
}
