// Decides how certificates for a test are made: an authority, and what it signs, in a temporary directory, by openssl.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { run } from './processes.mjs';

/**
 * @typedef {{ cert: string, key: string }} Identity PEM texts
 * @typedef {{ directory: string, ca: string, otherCa: string, broker: Identity, client: Identity, stranger: Identity, remove: () => Promise<void> }} Certificates
 */

/** An authority that signed a broker's certificate (for 127.0.0.1 and localhost) and a client's; a stranger is signed by another. */
export async function makeCertificates() {
  const directory = await mkdtemp(path.join(tmpdir(), 'certificates-'));
  const file = (/** @type {string} */ name) => path.join(directory, name);
  const openssl = (/** @type {string[]} */ ...args) => run('openssl', args, { cwd: directory });
  const newKey = ['-newkey', 'rsa:2048', '-nodes'];
  /** @param {string} name */
  const authority = (name) =>
    openssl(
      'req',
      '-x509',
      ...newKey,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    );
  /** @param {string} name @param {string} authorityName @param {string} extensions */
  const signed = async (name, authorityName, extensions) => {
    await openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    await writeFile(file(`${name}.ext`), extensions);
    const by = ['-CA', `${authorityName}.crt`, '-CAkey', `${authorityName}.key`, '-CAcreateserial'];
    await openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...by,
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      '-extfile',
      `${name}.ext`,
    );
  };
  await authority('authority');
  await authority('other-authority');
  await signed('broker', 'authority', 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  await signed('client', 'authority', 'extendedKeyUsage=clientAuth\n');
  await signed('stranger', 'other-authority', 'extendedKeyUsage=clientAuth\n');
  const text = (/** @type {string} */ name) => readFile(file(name), 'utf8');
  const identity = async (/** @type {string} */ name) => ({
    cert: await text(`${name}.crt`),
    key: await text(`${name}.key`),
  });
  return {
    directory,
    ca: await text('authority.crt'),
    otherCa: await text('other-authority.crt'),
    broker: await identity('broker'),
    client: await identity('client'),
    stranger: await identity('stranger'),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
