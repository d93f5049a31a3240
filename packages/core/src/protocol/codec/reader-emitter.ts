// Decides the straight-line source that reads one message in one version.
import { type ByteReader, safeInt64, utf8Text } from '../../foundation/byte-reader.js';
import { uuidFromBytes } from '../../foundation/uuid.js';
import type { ArrayField, Field, Fields, ScalarKind } from '../schema/field.js';
import {
  defaultOf,
  fieldsOf,
  isCompact,
  isFlexible,
  isNullable,
  isPresent,
  nullMark,
  optionsOf,
} from '../schema/field-rules.js';
import type { Message } from '../schema/message.js';
import { emittedFault, EmittedSource } from './emitted-source.js';
import { leastSize, scalarSize, type WireVersion } from './wire-size.js';

export type EmittedReader = (reader: ByteReader) => unknown;

const outside = { fault: emittedFault, int64: safeInt64, text: utf8Text, uuid: uuidFromBytes };

const head = 'function read(r)';

/** Compiles the reader of a message; it throws the emitted fault, or what the byte reader throws. */
export function emitReader(message: Message, version: number): EmittedReader {
  return new ReaderEmitter(message, version).emit().compile(head, outside) as EmittedReader;
}

/** The source of that reader, for people. */
export function readerSource(message: Message, version: number): string {
  return new ReaderEmitter(message, version).emit().text(head);
}

/** Values of constant size that follow each other: one check of the remaining bytes serves all of them. */
interface Run {
  size: number;
  readonly declarations: ((position: string) => string)[];
}

/** In the source: r reader, b its buffer, p position, e end, n the last length that was read. */
class ReaderEmitter {
  readonly #source = new EmittedSource();
  readonly #message: Message;
  readonly #version: WireVersion;
  #run: Run = { size: 0, declarations: [] };

  constructor(message: Message, version: number) {
    this.#message = message;
    this.#version = { version, flexible: isFlexible(message, version) };
  }

  emit(): EmittedSource {
    const source = this.#source;
    source.line('const b = r.buffer;');
    source.line('const e = r.end;');
    source.line('let p = r.offset;');
    source.line('let n = 0;');
    const value = this.#fields(fieldsOf(this.#message));
    source.line('r.offset = p;');
    source.line(`return ${value};`);
    return source;
  }

  /** Emits the reading of a struct's fields; the result is an object literal with all of them, in schema order. */
  #fields(fields: Fields): string {
    const values = new Map<string, string>();
    const tagged: [field: Field, variable: string | null][] = [];
    for (const [name, field] of Object.entries(fields)) {
      const present = isPresent(field, this.#version.version);
      if (optionsOf(field).tag !== undefined) {
        const variable = present ? this.#source.name('tagged') : null;
        tagged.push([field, variable]);
        values.set(name, variable ?? this.#default(field));
      } else {
        values.set(name, present ? this.#value(field) : this.#default(field));
      }
    }
    this.#endRun();
    if (this.#version.flexible) {
      this.#taggedFields(tagged);
    }
    return `{ ${[...values].map(([name, value]) => `${name}: ${value}`).join(', ')} }`;
  }

  #taggedFields(tagged: readonly [Field, string | null][]): void {
    const source = this.#source;
    for (const [field, variable] of tagged) {
      if (variable !== null) {
        source.line(`let ${variable} = ${this.#default(field)};`);
      }
    }
    source.line('if (p >= e) throw fault;');
    source.block('if (b[p] === 0) p++; else', () => {
      source.line('r.offset = p;');
      if (tagged.length === 0) {
        source.line('r.skipTaggedFields();');
      } else {
        this.#tagLoop(tagged);
      }
      source.line('p = r.offset;');
    });
  }

  #tagLoop(tagged: readonly [Field, string | null][]): void {
    const source = this.#source;
    const [count, size, end] = [source.name('count'), source.name('size'), source.name('end')];
    source.block(`for (let ${count} = r.unsignedVarint(); ${count} > 0; ${count}--)`, () => {
      const tag = source.name('tag');
      source.line(`const ${tag} = r.unsignedVarint();`);
      source.line(`const ${size} = r.unsignedVarint();`);
      source.line('p = r.offset;');
      source.line(`const ${end} = p + ${size};`);
      source.block(`switch (${tag})`, () => {
        for (const [field, variable] of tagged) {
          source.block(`case ${optionsOf(field).tag}:`, () => {
            if (variable === null) {
              source.line('throw fault;');
              return;
            }
            const value = this.#value(field);
            this.#endRun();
            source.line(`${variable} = ${value};`);
            source.line('break;');
          });
        }
        source.line('default:');
        source.line(`  if (${end} > e) throw fault;`);
        source.line(`  p = ${end};`);
      });
      source.line(`if (p !== ${end}) throw fault;`);
      source.line('r.offset = p;');
    });
  }

  /** Emits the reading of a field of the fixed part; the result is an expression that holds once the run has ended. */
  #value(field: Field): string {
    const variable = this.#source.name('value');
    const size = scalarSize(field);
    if (size !== null) {
      const { kind } = field;
      const offset = this.#run.size;
      this.#run.size += size;
      this.#run.declarations.push(
        (position) => `const ${variable} = ${fixedExpression(kind as ScalarKind, position, offset)};`,
      );
      return variable;
    }
    this.#endRun();
    if (field.kind === 'struct') {
      return this.#struct(field, variable);
    }
    this.#source.line(`let ${variable};`);
    this.#length(field);
    this.#source.line(
      isNullable(field, this.#version.version) ? `if (n < 0) ${variable} = null;` : 'if (n < 0) throw fault;',
    );
    this.#source.block('else', () => {
      if (field.kind === 'array') {
        this.#array(field, variable);
      } else {
        this.#source.line(
          field.kind === 'string'
            ? 'if (n > 0x7fff || n > e - p) throw fault;'
            : 'if (n > e - p) throw fault;',
        );
        const view = field.kind === 'string' ? 'text(b, p, p + n)' : 'b.subarray(p, p + n)';
        this.#source.line(`${variable} = ${view};`);
        this.#source.line('p += n;');
      }
    });
    return variable;
  }

  #struct(field: Field & { kind: 'struct' }, variable: string): string {
    const fields = fieldsOf(field.struct);
    if (!isNullable(field, this.#version.version)) {
      return this.#fields(fields);
    }
    this.#source.line(`let ${variable} = null;`);
    this.#source.line('if (p >= e) throw fault;');
    const present = nullMark(field) === 0 ? 'b[p++] !== 0' : 'b[p++] < 0x80';
    this.#source.block(`if (${present})`, () => {
      this.#source.line(`${variable} = ${this.#fields(fields)};`);
    });
    return variable;
  }

  /** Reads a length or count into n; negative is null. */
  #length(field: Field): void {
    const source = this.#source;
    if (isCompact(field, this.#version.flexible)) {
      source.line('if (p >= e) throw fault;');
      source.line('n = b[p++];');
      source.line('if (n > 0x7f) { r.offset = p - 1; n = r.unsignedVarint(); p = r.offset; }');
      source.line('n -= 1;');
    } else if (field.kind === 'string') {
      source.line('if (e - p < 2) throw fault;');
      source.line(`n = ${fixedExpression('int16', 'p', 0)};`);
      source.line('p += 2;');
    } else {
      source.line('if (e - p < 4) throw fault;');
      source.line(`n = ${fixedExpression('int32', 'p', 0)};`);
      source.line('p += 4;');
    }
  }

  #array(field: ArrayField<Field>, variable: string): void {
    const source = this.#source;
    const [count, index] = [source.name('count'), source.name('index')];
    const size = scalarSize(field.element);
    source.line(`const ${count} = n;`);
    source.line(
      `if (${count} * ${Math.max(1, leastSize(field.element, this.#version))} > e - p) throw fault;`,
    );
    source.line(`if ((r.elementsLeft -= ${count}) < 0) throw fault;`);
    source.line(`${variable} = [];`);
    source.block(`for (let ${index} = 0; ${index} < ${count}; ${index}++)`, () => {
      if (size !== null) {
        source.line(`${variable}.push(${fixedExpression(field.element.kind as ScalarKind, 'p', 0)});`);
        source.line(`p += ${size};`);
        return;
      }
      source.line(`${variable}.push(${this.#value(field.element)});`);
    });
  }

  #endRun(): void {
    const { size, declarations } = this.#run;
    if (size === 0) {
      return;
    }
    this.#source.line(`if (e - p < ${size}) throw fault;`);
    for (const declaration of declarations) {
      this.#source.line(declaration('p'));
    }
    this.#source.line(`p += ${size};`);
    this.#run = { size: 0, declarations: [] };
  }

  /** An expression that gives the default, new where it could be changed. */
  #default(field: Field): string {
    const value = defaultOf(field);
    if (field.kind === 'struct' && value !== null) {
      const inner = Object.entries(fieldsOf(field.struct));
      return `{ ${inner.map(([name, each]) => `${name}: ${this.#default(each)}`).join(', ')} }`;
    }
    if (field.kind === 'array' && value !== null) {
      return '[]';
    }
    return Buffer.isBuffer(value) ? this.#source.constant(value) : JSON.stringify(value);
  }
}

function fixedExpression(kind: ScalarKind, position: string, offset: number): string {
  const at = (index: number): string => {
    const total = offset + index;
    return total === 0 ? position : `${position} + ${total}`;
  };
  const byte = (index: number): string => `b[${at(index)}]`;
  const word = (index: number): string =>
    `(${byte(index)} << 24) | (${byte(index + 1)} << 16) | (${byte(index + 2)} << 8) | ${byte(index + 3)}`;
  switch (kind) {
    case 'bool':
      return `${byte(0)} !== 0`;
    case 'int8':
      return `(${byte(0)} << 24) >> 24`;
    case 'int16':
      return `((${byte(0)} << 24) | (${byte(1)} << 16)) >> 16`;
    case 'uint16':
      return `(${byte(0)} << 8) | ${byte(1)}`;
    case 'int32':
      return word(0);
    case 'uint32':
      return `(${word(0)}) >>> 0`;
    case 'int64':
      return `int64(${word(0)}, (${word(4)}) >>> 0)`;
    case 'float64':
      return `b.readDoubleBE(${at(0)})`;
    case 'uuid':
      return `uuid(b, ${at(0)})`;
    default:
      throw new Error(`${kind} has no constant size`);
  }
}
