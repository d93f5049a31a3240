// Decides how any message of any version lies on the wire, by walking its schema; the readable definition, and the judge of the emitted codecs.
import { type ByteReader, MalformedBytesError } from '../../foundation/byte-reader.js';
import { type ByteWriter, UnwritableBytesError } from '../../foundation/byte-writer.js';
import type { Field, Fields, ScalarField } from '../schema/field.js';
import {
  defaultOf,
  fieldsOf,
  isCompact,
  isDefault,
  isFlexible,
  isNullable,
  isNullMark,
  isOptional,
  isPresent,
  nullMark,
  optionsOf,
} from '../schema/field-rules.js';
import type { Message } from '../schema/message.js';
import { InvalidFieldError, MalformedMessageError, UnsupportedFieldError } from './errors.js';
import { scalarFault } from './scalar-values.js';

interface Version {
  readonly version: number;
  readonly flexible: boolean;
}

type Values = Record<string, unknown>;

/** The version has no field for a value that is not the default. */
class Unsupported extends Error {}

/** The value is not one that the field can hold. */
class Invalid extends Error {}

/** Carries a failure out of nested fields while its path grows. */
class Located extends Error {
  path: string;
  override readonly cause: unknown;

  constructor(path: string, cause: unknown) {
    super();
    this.path = path;
    this.cause = cause;
  }
}

/** Writes a message; the writer is to be reset when this throws. */
export function writeMessage(message: Message, version: number, writer: ByteWriter, value: unknown): void {
  try {
    writeFields(fieldsOf(message), { version, flexible: isFlexible(message, version) }, writer, value);
  } catch (error) {
    const { path, cause } = located(error);
    if (cause instanceof Unsupported) {
      throw new UnsupportedFieldError(message.name, version, path);
    }
    if (cause instanceof Invalid || cause instanceof UnwritableBytesError) {
      throw new InvalidFieldError(message.name, version, path, cause.message);
    }
    throw cause;
  }
}

/** Reads a message; every field is there, those that the version lacks hold their defaults. */
export function readMessage(message: Message, version: number, reader: ByteReader): unknown {
  try {
    return readFields(fieldsOf(message), { version, flexible: isFlexible(message, version) }, reader);
  } catch (error) {
    const { path, cause } = located(error);
    if (cause instanceof MalformedBytesError) {
      throw new MalformedMessageError(message.name, version, path, cause.message);
    }
    throw cause;
  }
}

function writeFields(fields: Fields, version: Version, writer: ByteWriter, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    throw new Invalid(`an object is needed, not ${value === null ? 'null' : typeof value}`);
  }
  const tagged: [tag: number, name: string, field: Field, value: unknown][] = [];
  for (const [name, field] of Object.entries(fields)) {
    at(name, () => {
      const given = (value as Values)[name];
      const { ignorable, tag } = optionsOf(field);
      if (!isPresent(field, version.version)) {
        if (ignorable !== true && !isDefault(field, given)) {
          throw new Unsupported();
        }
        return;
      }
      const written = given === undefined && isOptional(field) ? defaultOf(field) : given;
      if (tag === undefined) {
        writeField(field, version, writer, written);
      } else if (!isDefault(field, written)) {
        tagged.push([tag, name, field, written]);
      }
    });
  }
  if (!version.flexible) {
    return;
  }
  writer.unsignedVarint(tagged.length);
  for (const [tag, name, field, written] of tagged.sort(([left], [right]) => left - right)) {
    writer.unsignedVarint(tag);
    const section = writer.section();
    at(name, () => writeField(field, version, section, written));
    writer.endSection(section);
  }
}

function writeField(field: Field, version: Version, writer: ByteWriter, value: unknown): void {
  const compact = isCompact(field, version.flexible);
  if (value === null) {
    if (!isNullable(field, version.version)) {
      throw new Invalid('null has no encoding here');
    }
    writeNull(field, compact, writer);
    return;
  }
  if (field.kind === 'array') {
    if (!Array.isArray(value)) {
      throw new Invalid(`an array is needed, not ${typeof value}`);
    }
    writeCount(writer, compact, value.length);
    for (const [index, element] of value.entries()) {
      at(`[${index}]`, () => writeField(field.element, version, writer, element));
    }
  } else if (field.kind === 'struct') {
    if (isNullable(field, version.version)) {
      writer.int8(1);
    }
    writeFields(fieldsOf(field.struct), version, writer, value);
  } else {
    const fault = scalarFault(field.kind, value);
    if (fault !== null) {
      throw new Invalid(fault);
    }
    writeScalar(field, compact, writer, value);
  }
}

function writeNull(field: Field, compact: boolean, writer: ByteWriter): void {
  if (field.kind === 'struct') {
    writer.int8(nullMark(field));
  } else if (compact) {
    writer.unsignedVarint(0);
  } else if (field.kind === 'string') {
    writer.int16(-1);
  } else {
    writer.int32(-1);
  }
}

/** The length of an array or of bytes. */
function writeCount(writer: ByteWriter, compact: boolean, count: number): void {
  if (compact) {
    writer.unsignedVarint(count + 1);
  } else {
    writer.int32(count);
  }
}

function writeScalar(field: ScalarField, compact: boolean, writer: ByteWriter, value: unknown): void {
  switch (field.kind) {
    case 'bool':
      writer.int8(value === true ? 1 : 0);
      break;
    case 'int8':
      writer.int8(value as number);
      break;
    case 'int16':
    case 'uint16':
      writer.int16(value as number);
      break;
    case 'int32':
    case 'uint32':
      writer.int32(value as number);
      break;
    case 'int64':
      writer.int64(value as number);
      break;
    case 'float64':
      writer.float64(value as number);
      break;
    case 'uuid':
      writer.uuid(value as string);
      break;
    case 'string':
      if (compact) {
        writer.compactString(value as string);
      } else {
        writer.string(value as string);
      }
      break;
    case 'bytes':
    case 'records':
      writeCount(writer, compact, (value as Buffer).length);
      writer.raw(value as Buffer);
      break;
  }
}

function readFields(fields: Fields, version: Version, reader: ByteReader): Values {
  const values: Values = {};
  for (const [name, field] of Object.entries(fields)) {
    const inFixedPart = isPresent(field, version.version) && optionsOf(field).tag === undefined;
    values[name] = inFixedPart ? at(name, () => readField(field, version, reader)) : defaultOf(field);
  }
  if (version.flexible) {
    for (let count = reader.unsignedVarint(); count > 0; count--) {
      readTagged(fields, version, reader, values);
    }
  }
  return values;
}

/** Tags may come in any order and the last of several wins, as with Kafka; unknown ones are skipped. */
function readTagged(fields: Fields, version: Version, reader: ByteReader, values: Values): void {
  const tag = reader.unsignedVarint();
  const byteLength = reader.unsignedVarint();
  const known = Object.entries(fields).find(([, field]) => optionsOf(field).tag === tag);
  if (known === undefined) {
    reader.skip(byteLength);
    return;
  }
  const [name, field] = known;
  at(name, () => {
    if (!isPresent(field, version.version)) {
      throw new MalformedBytesError(`tag ${tag} is not of this version`);
    }
    const end = reader.offset + byteLength;
    values[name] = readField(field, version, reader);
    if (reader.offset !== end) {
      throw new MalformedBytesError(
        `tag ${tag} announces ${byteLength} bytes and holds ${reader.offset - end + byteLength}`,
      );
    }
  });
}

function readField(field: Field, version: Version, reader: ByteReader): unknown {
  const compact = isCompact(field, version.flexible);
  switch (field.kind) {
    case 'array': {
      const count = readCount(reader, compact);
      if (count < 0) {
        return nullOf(field, version);
      }
      return readElements(field.element, count, version, reader);
    }
    case 'struct':
      if (isNullable(field, version.version) && isNullMark(field, reader.int8())) {
        return null;
      }
      return readFields(fieldsOf(field.struct), version, reader);
    case 'string': {
      const byteLength = compact ? reader.unsignedVarint() - 1 : reader.int16();
      if (byteLength > 0x7fff) {
        throw new MalformedBytesError(`a string of ${byteLength} bytes; the protocol has room for 32767`);
      }
      return byteLength < 0 ? nullOf(field, version) : reader.utf8(byteLength);
    }
    case 'bytes':
    case 'records': {
      const byteLength = readCount(reader, compact);
      return byteLength < 0 ? nullOf(field, version) : reader.view(byteLength);
    }
    default:
      return reader[field.kind]();
  }
}

function readCount(reader: ByteReader, compact: boolean): number {
  return compact ? reader.unsignedVarint() - 1 : reader.int32();
}

function readElements(element: Field, count: number, version: Version, reader: ByteReader): unknown[] {
  if (count > reader.remaining) {
    throw new MalformedBytesError(`${count} elements are announced and ${reader.remaining} bytes remain`);
  }
  reader.elementsLeft -= count;
  if (reader.elementsLeft < 0) {
    throw new MalformedBytesError(
      `there are ${-reader.elementsLeft} more elements than one message may have`,
    );
  }
  const elements: unknown[] = [];
  for (let index = 0; index < count; index++) {
    elements.push(at(`[${index}]`, () => readField(element, version, reader)));
  }
  return elements;
}

function nullOf(field: Field, version: Version): null {
  if (!isNullable(field, version.version)) {
    throw new MalformedBytesError('null where this version has no null');
  }
  return null;
}

/** Runs one step of the walk and gives its failure the step's name. */
function at<Result>(step: string, walk: () => Result): Result {
  try {
    return walk();
  } catch (error) {
    if (!(error instanceof Located)) {
      throw new Located(step, error);
    }
    error.path = error.path.startsWith('[') ? step + error.path : `${step}.${error.path}`;
    throw error;
  }
}

function located(error: unknown): { path: string; cause: unknown } {
  return error instanceof Located ? error : { path: '', cause: error };
}
