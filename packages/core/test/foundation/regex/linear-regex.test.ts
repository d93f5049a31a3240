import fc from 'fast-check';

import { LinearRegex, RegexSyntaxError } from '../../../src/foundation/regex/linear-regex.js';

describe('C26 regular expressions', () => {
  test.each([
    ['orders', 'orders', true],
    ['orders', 'orders-1', false],
    ['orders.*', 'orders-1', true],
    ['.*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a|bc|', 'bc', true],
    ['a|bc|', '', true],
    ['a|bc|', 'b', false],
    ['(orders|payments)-[0-9]{2,3}', 'payments-042', true],
    ['(orders|payments)-[0-9]{2,3}', 'payments-4', false],
    ['a{0}b', 'b', true],
    ['a{2,}', 'aaaa', true],
    ['a{2}', 'aaa', false],
    ['a{x', 'a{x', true],
    ['[^-]+-[]a]', 'x-]', true],
    ['[a-c.]+', 'a.c', true],
    ['[a-c.]+', 'd', false],
    ['[a\\-z]+', 'a-z', true],
    ['[[:alpha:]]+[[:^alpha:]]', 'ab1', true],
    ['\\d+\\.\\w\\S', '12._x', true],
    ['\\D', '5', false],
    ['\\pL+', 'äß', true],
    ['\\p{Greek}+', 'αβ', true],
    ['\\P{L}', 'a', false],
    ['\\x41\\x{42}\\103', 'ABC', true],
    ['\\Qa.b*\\E+', 'a.b**', true],
    ['\\Qa.b\\E', 'axb', false],
    ['(?i)ORDERS', 'oRders', true],
    ['(?i:a)b', 'AB', false],
    ['(?i:a)b', 'Ab', true],
    ['(?i:(a)c)b', 'ACB', false],
    ['(?i:(a)c)b', 'ACb', true],
    ['((?i)a)b', 'AB', false],
    ['(?P<name>a+)(?<other>b)', 'aab', true],
    ['^a$', 'a', true],
    ['a^b', 'ab', false],
    ['\\Aab\\z', 'ab', true],
    ['a\\b-\\bb', 'a-b', true],
    ['a\\bb', 'ab', false],
    ['a\\Bb', 'ab', true],
    ['(a*)*b', 'aaab', true],
    ['a*?b+?', 'aabb', true],
  ])('%s on %s: %s', (expression, text, expected) => {
    expect(new LinearRegex(expression).matches(text)).toBe(expected);
  });

  test.each([
    '(',
    ')',
    'a)',
    '[',
    '[a',
    '[z-a]',
    '[[:nothing:]]',
    '*',
    'a**',
    'a+*',
    '\\',
    '\\1',
    '(a)\\1',
    '(?=a)',
    '(?!a)',
    '(?<=a)b',
    '(?>a)',
    '\\p{Nothing}',
    '\\y',
    'a{1001}',
    'a{3,2}',
    '((a{100}){100}){100}',
    '(?',
    '(?x)a',
    `${'('.repeat(300)}a${')'.repeat(300)}`,
  ])('%s is refused', (expression) => {
    expect(() => new LinearRegex(expression)).toThrow(RegexSyntaxError);
  });

  test('an expression that makes a backtracking engine take for ever does not', () => {
    const regex = new LinearRegex('(a|aa|a*)*(a*)*c');
    const start = process.hrtime.bigint();
    expect(regex.matches('a'.repeat(249))).toBe(false);
    expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(1_000);
  });

  test("agrees with JavaScript's engine where both speak the same language", () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\d', '(a|b)', '(?:ab)', '-');
    const quantified = fc
      .tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}', '{1,2}', '{0,}'))
      .map(([one, count]) => one + count);
    const branch = fc.array(quantified, { maxLength: 5 }).map((parts) => parts.join(''));
    const expression = fc.array(branch, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('|'));
    const text = fc
      .array(fc.constantFrom('a', 'b', '1', '-'), { maxLength: 8 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(expression, text, (source, subject) => {
        expect(new LinearRegex(source).matches(subject)).toBe(
          new RegExp(`^(?:${source})$`, 'u').test(subject),
        );
      }),
      { numRuns: 500 },
    );
  });
});
