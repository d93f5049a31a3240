// Bearer tokens: which are taken, for how long one is used, and who is asked for the next, under virtual time.
import { checkedToken, type OAuthBearerToken } from '../../../src/client/security/oauth-bearer-token.js';
import { SaslOAuthBearer } from '../../../src/client/security/sasl-oauth-bearer.js';
import { TokenSource } from '../../../src/client/security/token-source.js';

function webToken(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}

describe('a bearer token', () => {
  test('ends when its claim says, or when the provider says, or never', () => {
    expect(checkedToken({ value: webToken({ exp: 12.5 }) }).expiresAtMs).toBe(12_500);
    expect(checkedToken({ value: webToken({ exp: 12 }), expiresAtMs: 9 }).expiresAtMs).toBe(9);
    expect(checkedToken({ value: 'opaque' }).expiresAtMs).toBe(Number.POSITIVE_INFINITY);
    expect(checkedToken({ value: webToken({ exp: 'soon' }) }).expiresAtMs).toBe(Number.POSITIVE_INFINITY);
  });

  test.each<[given: unknown, message: RegExp]>([
    [undefined, /gave no bearer token/],
    [{}, /gave no bearer token/],
    [{ value: '' }, /gave no bearer token/],
    [{ value: 'a\u0001b' }, /gave no bearer token/],
    [{ value: 'a', expiresAtMs: 'x' }, /expiresAtMs/],
    [{ value: 'a', extensions: { auth: 'x' } }, /extension "auth"/],
    [{ value: 'a', extensions: { 'a-b': 'x' } }, /extension "a-b"/],
    [{ value: 'a', extensions: { a: '\u0001' } }, /extension "a"/],
  ])('%j is refused, and not told', (given, message) => {
    expect(() => checkedToken(given as OAuthBearerToken)).toThrow(message);
  });

  test('S3: it is sent with its extensions; a refusal is acknowledged and the token not used again', async () => {
    let given = 0;
    const source = tokens(() => ({ value: `t${++given}`, extensions: { traceId: '7' } })).source;
    const exchange = new SaslOAuthBearer(source).begin();
    expect((await exchange.first()).toString()).toBe('n,,\x01auth=Bearer t1\x01traceId=7\x01\x01');
    expect(exchange.next(Buffer.from('{"status":"invalid_token"}'))).toEqual(Buffer.from('\x01'));
    expect((await source.token()).value).toBe('t2');
    expect(exchange.next(Buffer.alloc(0))).toBeNull();
  });
});

function tokens(provider: () => OAuthBearerToken | Promise<OAuthBearerToken>) {
  const clock = { now: 1_000_000, nowMs: () => clock.now, monotonicMs: () => clock.now };
  const lines: string[] = [];
  const source = new TokenSource(provider, {
    clock,
    random: { nextInteger: () => 0, nextBytes: (size) => Buffer.alloc(size) },
    diagnostics: { log: (_level, message) => void lines.push(message) },
  });
  return { clock, lines, source };
}

describe('the source of tokens', () => {
  test('one token serves until four fifths of its life are over', async () => {
    let given = 0;
    const { clock, source } = tokens(() => ({ value: `t${++given}`, expiresAtMs: clock.now + 10_000 }));
    expect((await source.token()).value).toBe('t1');
    clock.now += 7999;
    expect((await source.token()).value).toBe('t1');
    clock.now += 1;
    expect((await source.token()).value).toBe('t2');
  });

  test('all who ask at the same time get the same', async () => {
    let given = 0;
    const { source } = tokens(async () => ({ value: `t${++given}` }));
    const values = await Promise.all([source.token(), source.token(), source.token()]);
    expect(values.map(({ value }) => value)).toEqual(['t1', 't1', 't1']);
  });

  test('when none can be had, the old one does as long as it lives', async () => {
    let isAway = false;
    const { clock, lines, source } = tokens(() => {
      if (isAway) throw new Error('the login server is away');
      return { value: 'old', expiresAtMs: clock.now + 10_000 };
    });
    await source.token();
    isAway = true;
    clock.now += 9000;
    expect((await source.token()).value).toBe('old');
    expect(lines).toEqual([expect.stringMatching(/No new OAUTHBEARER token.*the login server is away/)]);
    clock.now += 1000;
    await expect(source.token()).rejects.toThrow('the login server is away');
    isAway = false;
    expect((await source.token()).value).toBe('old');
  });

  test('a token that has ended is none', async () => {
    const { clock, source } = tokens(() => ({ value: 'late', expiresAtMs: clock.now }));
    await expect(source.token()).rejects.toThrow(/token that has ended/);
  });
});
