// Cutting a stream at delimiters, wherever its chunks happen to end.
import fc from 'fast-check';

import { splitInput } from '../../src/cli/split-input.js';

async function pieces(chunks: readonly Buffer[], delimiter: string, maxBytes = 1000): Promise<string[]> {
  async function* input(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  }
  const all: string[] = [];
  for await (const list of splitInput(input(), Buffer.from(delimiter), maxBytes)) {
    for (const piece of list) all.push(piece.toString('latin1'));
  }
  return all;
}

function expected(text: string, delimiter: string): string[] {
  const parts = text.split(delimiter);
  if (parts.at(-1) === '') parts.pop();
  return parts;
}

describe('splitInput', () => {
  it('gives the same pieces however the text is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', '\n', '\r\n', '\r', ''), { maxLength: 40 }),
        fc.constantFrom('\n', '\r\n', 'ab', 'aa'),
        async (chunks, delimiter) => {
          const result = await pieces(
            chunks.map((chunk) => Buffer.from(chunk)),
            delimiter,
          );
          expect(result).toEqual(expected(chunks.join(''), delimiter));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses a piece past its bound, before the delimiter comes', async () => {
    const chunks = [Buffer.from('ok\n'), ...Array.from({ length: 50 }, () => Buffer.alloc(100, 'x'))];
    await expect(pieces(chunks, '\n')).rejects.toThrow('Record 2 of the input is longer than 1000 bytes');
  });
});
