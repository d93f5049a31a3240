// Decides the straight-line source that writes one message in one version.
import { type ByteWriter, writeInt64 } from '../../foundation/byte-writer.js';
import { uuidToBytes, zeroUuid } from '../../foundation/uuid.js';
import type { ArrayField, Field, Fields, ScalarKind, StructField } from '../schema/field.js';
import {
  defaultOf,
  fieldsOf,
  isCompact,
  isFlexible,
  isNullable,
  isOptional,
  isPresent,
  nullMark,
  optionsOf,
} from '../schema/field-rules.js';
import type { Message } from '../schema/message.js';
import { emittedFault, EmittedSource } from './emitted-source.js';
import { constantSize, scalarSize, type WireVersion } from './wire-size.js';

export type EmittedWriter = (writer: ByteWriter, value: unknown) => void;

const outside = {
  fault: emittedFault,
  int64,
  uuid,
  isBuffer: (value: unknown) => Buffer.isBuffer(value),
  isArray: Array.isArray,
};

const head = 'function write(w, o)';

/** Compiles the writer of a message; it throws whatever comes, the interpreter finds the words. */
export function emitWriter(message: Message, version: number): EmittedWriter {
  return new WriterEmitter(message, version).emit().compile(head, outside) as EmittedWriter;
}

/** The source of that writer, for people. */
export function writerSource(message: Message, version: number): string {
  return new WriterEmitter(message, version).emit().text(head);
}

function int64(buffer: Buffer, offset: number, value: number): void {
  if (!Number.isSafeInteger(value) && value !== 2 ** 63) {
    throw emittedFault;
  }
  writeInt64(buffer, offset, value);
}

function uuid(buffer: Buffer, offset: number, text: string): void {
  if (text === zeroUuid) {
    buffer.fill(0, offset, offset + 16);
  } else if (typeof text === 'string') {
    uuidToBytes(text, buffer, offset);
  } else {
    throw emittedFault;
  }
}

/** Bytes of constant number that follow each other: one reservation serves all of them. */
interface Run {
  size: number;
  readonly stores: string[];
}

/** In the source: w writer, b its buffer and p its offset within a run, o the message. */
class WriterEmitter {
  readonly #source = new EmittedSource();
  readonly #message: Message;
  readonly #version: WireVersion;
  #run: Run = { size: 0, stores: [] };

  constructor(message: Message, version: number) {
    this.#message = message;
    this.#version = { version, flexible: isFlexible(message, version) };
  }

  emit(): EmittedSource {
    this.#source.line('let b;');
    this.#source.line('let p;');
    this.#fields(fieldsOf(this.#message), 'o');
    this.#endRun();
    return this.#source;
  }

  #fields(fields: Fields, object: string): void {
    const source = this.#source;
    const tagged: [tag: number, field: Field, variable: string][] = [];
    source.line(`if (typeof ${object} !== 'object' || ${object} === null) throw fault;`);
    for (const [name, field] of Object.entries(fields)) {
      const { tag, ignorable } = optionsOf(field);
      if (!isPresent(field, this.#version.version)) {
        if (ignorable !== true) {
          source.line(`if (${this.#differs(field, `${object}.${name}`)}) throw fault;`);
        }
        continue;
      }
      const variable = source.name('value');
      source.line(`let ${variable} = ${object}.${name};`);
      if (tag !== undefined) {
        tagged.push([tag, field, variable]);
        continue;
      }
      if (isOptional(field)) {
        source.line(`if (${variable} === undefined) ${variable} = ${this.#default(field)};`);
      }
      this.#value(field, variable);
    }
    if (this.#version.flexible) {
      this.#taggedFields(tagged.sort(([left], [right]) => left - right));
    }
  }

  #taggedFields(tagged: readonly [tag: number, field: Field, variable: string][]): void {
    const source = this.#source;
    if (tagged.length === 0) {
      this.#byte('0');
      return;
    }
    this.#endRun();
    const flags = tagged.map(([, field, variable]) => {
      const flag = source.name('written');
      source.line(`const ${flag} = ${this.#differs(field, variable)};`);
      return flag;
    });
    source.line(`w.unsignedVarint(${flags.map((flag) => `(${flag} ? 1 : 0)`).join(' + ')});`);
    for (const [index, [tag, field, variable]] of tagged.entries()) {
      source.block(`if (${flags[index]})`, () => {
        this.#taggedField(tag, field, variable);
        this.#endRun();
      });
    }
  }

  #taggedField(tag: number, field: Field, variable: string): void {
    const source = this.#source;
    source.line(`w.unsignedVarint(${tag});`);
    const size = constantSize(field, this.#version);
    if (size !== null) {
      source.line(`w.unsignedVarint(${size});`);
      this.#value(field, variable);
      return;
    }
    const outer = source.name('outer');
    source.line(`const ${outer} = w;`);
    source.block('', () => {
      source.line(`const w = ${outer}.section();`);
      this.#value(field, variable);
      this.#endRun();
      source.line(`${outer}.endSection(w);`);
    });
  }

  /** Emits the writing of a field that is in the fixed part, or of a tagged field's content. */
  #value(field: Field, variable: string): void {
    const size = scalarSize(field);
    if (size !== null) {
      this.#scalar(field.kind as ScalarKind, size, variable);
      return;
    }
    const source = this.#source;
    if (!isNullable(field, this.#version.version)) {
      this.#content(field, variable);
      return;
    }
    this.#endRun();
    source.block(`if (${variable} === null)`, () => {
      this.#null(field);
      this.#endRun();
    });
    source.block('else', () => {
      if (field.kind === 'struct') {
        this.#byte('1');
      }
      this.#content(field, variable);
      this.#endRun();
    });
  }

  #null(field: Field): void {
    if (field.kind === 'struct') {
      this.#byte(String(nullMark(field) & 0xff));
    } else if (isCompact(field, this.#version.flexible)) {
      this.#byte('0');
    } else {
      for (let bytes = field.kind === 'string' ? 2 : 4; bytes > 0; bytes--) {
        this.#byte('0xff');
      }
    }
  }

  #content(field: Field, variable: string): void {
    const source = this.#source;
    const compact = isCompact(field, this.#version.flexible);
    switch (field.kind) {
      case 'struct':
        this.#fields(fieldsOf((field as StructField).struct), variable);
        return;
      case 'string':
        this.#endRun();
        source.line(`if (typeof ${variable} !== 'string') throw fault;`);
        source.line(`w.${compact ? 'compactString' : 'string'}(${variable});`);
        return;
      case 'array':
        source.line(`if (!isArray(${variable})) throw fault;`);
        this.#length(compact, variable);
        this.#array(field as ArrayField<Field>, variable);
        return;
      default:
        source.line(`if (!isBuffer(${variable})) throw fault;`);
        this.#length(compact, variable);
        this.#endRun();
        source.line(`w.raw(${variable});`);
    }
  }

  #length(compact: boolean, variable: string): void {
    if (compact) {
      this.#endRun();
      this.#source.line(`w.unsignedVarint(${variable}.length + 1);`);
    } else {
      this.#scalar('int32', 4, `${variable}.length`);
    }
  }

  #array(field: ArrayField<Field>, variable: string): void {
    const source = this.#source;
    this.#endRun();
    const [index, element] = [source.name('index'), source.name('element')];
    const loop = `for (let ${index} = 0; ${index} < ${variable}.length; ${index}++)`;
    const size = scalarSize(field.element);
    if (size !== null) {
      // One reservation for all elements.
      source.line(`w.reserve(${variable}.length * ${size});`);
      source.line('b = w.buffer;');
      source.line('p = w.offset;');
      source.block(loop, () => {
        source.line(`const ${element} = ${variable}[${index}];`);
        this.#scalar(field.element.kind as ScalarKind, size, element);
        for (const store of this.#run.stores) {
          source.line(store);
        }
        this.#run = { size: 0, stores: [] };
        source.line(`p += ${size};`);
      });
      source.line('w.offset = p;');
      return;
    }
    source.block(loop, () => {
      source.line(`const ${element} = ${variable}[${index}];`);
      this.#value(field.element, element);
      this.#endRun();
    });
  }

  #scalar(kind: ScalarKind, size: number, variable: string): void {
    const check = checks[kind];
    if (check !== undefined) {
      this.#source.line(`if (${check(variable)}) throw fault;`);
    }
    this.#run.stores.push(...stores(kind, this.#run.size, variable));
    this.#run.size += size;
  }

  #byte(value: string): void {
    this.#run.stores.push(`b[${at(this.#run.size)}] = ${value};`);
    this.#run.size++;
  }

  #endRun(): void {
    const { size, stores: lines } = this.#run;
    if (size === 0) {
      return;
    }
    const source = this.#source;
    source.line(`w.reserve(${size});`);
    source.line('b = w.buffer;');
    source.line('p = w.offset;');
    for (const line of lines) {
      source.line(line);
    }
    source.line(`w.offset = p + ${size};`);
    this.#run = { size: 0, stores: [] };
  }

  #default(field: Field): string {
    const value = defaultOf(field);
    return typeof value === 'object' && value !== null ? this.#source.constant(value) : JSON.stringify(value);
  }

  /** An expression that tells whether a value is not the field's default (see `isDefault`). */
  #differs(field: Field, value: string): string {
    const absent = defaultOf(field);
    if (absent === null) {
      return `(${value} !== undefined && ${value} !== null)`;
    }
    switch (field.kind) {
      case 'array':
      case 'bytes':
      case 'records':
        return `(${value} !== undefined && (${value} === null || ${value}.length !== 0))`;
      case 'struct': {
        const inner = Object.entries(fieldsOf((field as StructField).struct)).map(([name, each]) =>
          this.#differs(each, `${value}.${name}`),
        );
        return `(${value} !== undefined && (${[`${value} === null`, ...inner].join(' || ')}))`;
      }
      default:
        return `(${value} !== undefined && ${value} !== ${JSON.stringify(absent)})`;
    }
  }
}

/** Expressions that are true for a value that the kind cannot hold; int64 and uuid check while they store. */
const checks: Partial<Record<ScalarKind, (value: string) => string>> = {
  bool: (value) => `${value} !== true && ${value} !== false`,
  int8: (value) => `(${value} << 24) >> 24 !== ${value}`,
  int16: (value) => `(${value} << 16) >> 16 !== ${value}`,
  uint16: (value) => `(${value} & 0xffff) !== ${value}`,
  int32: (value) => `(${value} | 0) !== ${value}`,
  uint32: (value) => `${value} >>> 0 !== ${value}`,
  float64: (value) => `typeof ${value} !== 'number'`,
};

function stores(kind: ScalarKind, offset: number, value: string): string[] {
  switch (kind) {
    case 'bool':
      return [`b[${at(offset)}] = ${value} ? 1 : 0;`];
    case 'int8':
      return [`b[${at(offset)}] = ${value};`];
    case 'int16':
    case 'uint16':
      return [`b[${at(offset)}] = ${value} >>> 8;`, `b[${at(offset + 1)}] = ${value};`];
    case 'int32':
    case 'uint32':
      return [24, 16, 8, 0].map((shift, index) => `b[${at(offset + index)}] = ${value} >>> ${shift};`);
    case 'int64':
      return [`int64(b, ${at(offset)}, ${value});`];
    case 'float64':
      return [`b.writeDoubleBE(${value}, ${at(offset)});`];
    case 'uuid':
      return [`uuid(b, ${at(offset)}, ${value});`];
    default:
      throw new Error(`${kind} has no constant size`);
  }
}

function at(offset: number): string {
  return offset === 0 ? 'p' : `p + ${offset}`;
}
