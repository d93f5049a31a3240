// Decides how a stream is cut at delimiters, with bounded memory, one list of pieces for each chunk that arrives.
import { CommandFailure } from './failures.js';

/**
 * Pieces are views of what was read where that is possible. The last piece needs no delimiter behind it; an empty rest after
 * the last delimiter is no piece. A piece longer than `maxBytes` ends the reading with a CommandFailure.
 */
export async function* splitInput(
  input: AsyncIterable<Buffer | string>,
  delimiter: Buffer,
  maxBytes: number,
): AsyncGenerator<Buffer[], void, undefined> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let pieceNumber = 1;
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const pieces: Buffer[] = [];
    // A delimiter may begin in the rest and end in this chunk.
    let open = bytes;
    let searchFrom = 0;
    if (restBytes > 0 && delimiter.length > 1) {
      open = Buffer.concat([...rest, bytes]);
      searchFrom = Math.max(0, restBytes - delimiter.length + 1);
      rest = [];
      restBytes = 0;
    }
    let from = 0;
    for (let at = open.indexOf(delimiter, searchFrom); at >= 0; at = open.indexOf(delimiter, from)) {
      const piece = open.subarray(from, at);
      if (restBytes > 0) {
        pieces.push(Buffer.concat([...rest, piece]));
        rest = [];
        restBytes = 0;
      } else {
        pieces.push(piece);
      }
      if ((pieces.at(-1)?.length ?? 0) > maxBytes) throw tooLong(pieceNumber + pieces.length - 1, maxBytes);
      from = at + delimiter.length;
    }
    pieceNumber += pieces.length;
    if (from < open.length) {
      rest.push(open.subarray(from));
      restBytes += open.length - from;
    }
    if (restBytes > maxBytes + delimiter.length) throw tooLong(pieceNumber, maxBytes);
    if (pieces.length > 0) yield pieces;
  }
  if (restBytes > maxBytes) throw tooLong(pieceNumber, maxBytes);
  if (restBytes > 0) yield [Buffer.concat(rest)];
}

function tooLong(pieceNumber: number, maxBytes: number): CommandFailure {
  return new CommandFailure(
    `Record ${pieceNumber} of the input is longer than ${maxBytes} bytes; raise it with -X max.request.size=…, or check --delimiter`,
  );
}
