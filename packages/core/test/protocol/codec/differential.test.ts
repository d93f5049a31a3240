import { inspect, isDeepStrictEqual } from 'node:util';

import * as fc from 'fast-check';

import { ByteReader } from '../../../src/foundation/byte-reader.js';
import { ByteWriter } from '../../../src/foundation/byte-writer.js';
import { emittedCodec } from '../../../src/protocol/codec/codec.js';
import {
  InvalidFieldError,
  MalformedMessageError,
  UnsupportedFieldError,
} from '../../../src/protocol/codec/errors.js';
import { readMessage, writeMessage } from '../../../src/protocol/codec/interpreter.js';
import { emitReader } from '../../../src/protocol/codec/reader-emitter.js';
import { emitWriter } from '../../../src/protocol/codec/writer-emitter.js';
import { fieldsOf } from '../../../src/protocol/schema/field-rules.js';
import type { Message } from '../../../src/protocol/schema/message.js';
import { everyMessageVersion } from '../support/every-message.js';
import { damages, readBack, spoiled, valuesFor } from '../support/random-values.js';
import { assertSeeded } from '../support/seeded.js';

const file = 'packages/core/test/protocol/codec/differential.test.ts';

type Outcome =
  { readonly kind: 'done'; readonly result: unknown } | { readonly kind: 'refused'; readonly error: string };

function outcomeOf(run: () => unknown, expected: readonly (new (...args: never[]) => Error)[]): Outcome {
  try {
    return { kind: 'done', result: run() };
  } catch (error) {
    if (expected.some((type) => error instanceof type)) {
      return { kind: 'refused', error: String(error) };
    }
    throw error;
  }
}

function written(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter(64);
  write(writer);
  return writer.finishAsBuffer();
}

function read(bytes: Buffer, from: (reader: ByteReader) => unknown): { value: unknown; offset: number } {
  const reader = new ByteReader(bytes);
  const value = from(reader);
  return { value, offset: reader.offset };
}

/** What `toStrictEqual` would say, without its price when all is well. */
function differenceOf(actual: unknown, expected: unknown): string | null {
  return isDeepStrictEqual(actual, expected)
    ? null
    : `${inspect(actual, { depth: 12 })}\nis not\n${inspect(expected, { depth: 12 })}`;
}

function label(message: Message, version: number): string {
  return `${message.name} v${version}`;
}

describe.each(
  everyMessageVersion.map(([message, version]) => [label(message, version), message, version] as const),
)('%s', (_, message, version) => {
  const values = valuesFor(message, version);
  const codec = emittedCodec(message, version);

  test('emitted and interpreted bytes are the same, and both read them back', () => {
    const emittedWrite = emitWriter(message, version);
    const emittedRead = emitReader(message, version);
    const holds = fc.property(values, (value) => {
      const bytes = written((writer) => writeMessage(message, version, writer, value));
      const emittedBytes = written((writer) => emittedWrite(writer, value));
      expect(emittedBytes.equals(bytes)).toBe(true);
      const expected = { value: readBack(fieldsOf(message), version, value), offset: bytes.length };
      const interpreted = read(bytes, (reader) => readMessage(message, version, reader));
      const emitted = read(bytes, emittedRead);
      expect(differenceOf(interpreted, expected)).toBeNull();
      expect(differenceOf(emitted, expected)).toBeNull();
    });
    assertSeeded(holds, 8, file);
  });

  test('both refuse the same values with the same words', () => {
    const holds = fc.property(spoiled(values), (value) => {
      const errors = [InvalidFieldError, UnsupportedFieldError];
      const interpreted = outcomeOf(
        () => written((writer) => writeMessage(message, version, writer, value)).toString('hex'),
        errors,
      );
      const emitted = outcomeOf(
        () => written((writer) => codec.write(writer, value)).toString('hex'),
        errors,
      );
      expect(emitted).toStrictEqual(interpreted);
    });
    assertSeeded(holds, 8, file);
  });

  test('both make the same of damaged bytes, and nothing worse than MalformedMessageError', () => {
    const holds = fc.property(values, fc.array(damages, { minLength: 1, maxLength: 3 }), (value, changes) => {
      const whole = written((writer) => writeMessage(message, version, writer, value));
      const bytes = changes.reduce((damaged, change) => change(damaged), whole);
      const errors = [MalformedMessageError];
      const interpreted = outcomeOf(
        () => read(bytes, (reader) => readMessage(message, version, reader)),
        errors,
      );
      const emitted = outcomeOf(() => read(bytes, (reader) => codec.read(reader)), errors);
      expect(differenceOf(emitted, interpreted)).toBeNull();
    });
    assertSeeded(holds, 16, file);
  });
});
