// SCRAM against the examples of RFC 7677 and RFC 5802's rules for what a server may say.
import { SaslRejection } from '../../../src/client/security/sasl-mechanism.js';
import { SaslScram, type ScramCredentials } from '../../../src/client/security/sasl-scram.js';
import { createNodeCryptography } from '../../../src/io/node/node-cryptography.js';

const nonce = 'rOprNGfwEbeRWgbNEkqO';
const serverNonce = `${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`;
const salt = 'W22ZaJ0SNY7soEsUEjb6gQ==';
const serverFirst = `r=${serverNonce},s=${salt},i=4096`;
const proof = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
const serverSignature = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

function exchange(credentials: Partial<ScramCredentials> = {}) {
  const ports = {
    cryptography: createNodeCryptography(),
    random: { nextInteger: () => 0, nextBytes: () => Buffer.from(nonce, 'base64url') },
  };
  return new SaslScram(
    'SCRAM-SHA-256',
    { username: 'user', password: 'pencil', ...credentials },
    ports,
  ).begin();
}
const text = async (bytes: Buffer | null | Promise<Buffer | null>): Promise<string | undefined> =>
  (await bytes)?.toString();

describe('SCRAM-SHA-256', () => {
  test('RFC 7677, section 3', async () => {
    const client = exchange();
    expect(await text(client.first())).toBe(`n,,n=user,r=${nonce}`);
    expect(await text(client.next(Buffer.from(serverFirst)))).toBe(`c=biws,r=${serverNonce},p=${proof}`);
    expect(await client.next(Buffer.from(`v=${serverSignature}`))).toBeNull();
  });

  test('a password may be asked for', async () => {
    const client = exchange({ password: async () => 'pencil' });
    await client.first();
    expect(await text(client.next(Buffer.from(serverFirst)))).toContain(proof);
  });

  test('names are escaped, delegation tokens marked (KIP-48)', async () => {
    const client = exchange({ username: 'a,b=c', isDelegationToken: true });
    expect(await text(client.first())).toBe(`n,,n=a=2Cb=3Dc,r=${nonce},tokenauth=true`);
  });

  test.each([
    [`r=other,s=${salt},i=4096`, /answers somebody else/],
    [`r=${nonce},s=${salt},i=4096`, /answers somebody else/],
    [`r=${serverNonce},s=${salt},i=4095`, /4095 iterations, and 4096 to/],
    [`r=${serverNonce},s=${salt},i=1000001`, /1000001 iterations/],
    [`r=${serverNonce},s=,i=4096`, /no salt/],
    [`r=${serverNonce},s=${salt}`, /no iteration count/],
    [`m=x,r=${serverNonce},s=${salt},i=4096`, /extension/],
    ['e=unknown-user', /the broker answered unknown-user/],
    ['', /answers somebody else/],
  ])('a first answer %j is refused', async (answer, message) => {
    const client = exchange();
    await client.first();
    const failure = Promise.resolve(client.next(Buffer.from(answer)));
    await expect(failure).rejects.toThrow(SaslRejection);
    await expect(failure).rejects.toThrow(message);
  });

  test.each(['v=AAAA', 'v=', 'x', 'e=other-error'])('a last answer %j is refused', async (answer) => {
    const client = exchange();
    await client.first();
    await client.next(Buffer.from(serverFirst));
    await expect(Promise.resolve(client.next(Buffer.from(answer)))).rejects.toThrow(SaslRejection);
  });

  test('a broker that goes on after the end is refused', async () => {
    const client = exchange();
    await client.first();
    await client.next(Buffer.from(serverFirst));
    await client.next(Buffer.from(`v=${serverSignature}`));
    await expect(Promise.resolve(client.next(Buffer.from('more')))).rejects.toThrow(/after the end/);
  });
});
