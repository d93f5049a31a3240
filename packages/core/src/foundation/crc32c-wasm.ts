// Decides the WebAssembly form of CRC-32C: sixteen bytes a step, its module assembled here at first use.

const pageBytes = 65_536;
const tableBytes = 16 * 1024;
const windowBytes = pageBytes;

// The few opcodes the module needs, by their names in the WebAssembly specification.
const op = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  localGet: 0x20,
  localSet: 0x21,
  i32Load: 0x28,
  i32Load8Unsigned: 0x2d,
  i32Const: 0x41,
  i32GreaterUnsigned: 0x4b,
  i32GreaterOrEqualUnsigned: 0x4f,
  i32Add: 0x6a,
  i32And: 0x71,
  i32Xor: 0x73,
  i32ShiftLeft: 0x74,
  i32ShiftRightUnsigned: 0x76,
} as const;
const i32 = 0x7f;
const noResult = 0x40;

// Locals of update(crc, at, end): the parameters, then the four words of a step.
const crc = 0;
const at = 1;
const end = 2;
const words = [3, 4, 5, 6] as const;

/** What the module exports: the running checksum over memory[at, end), and the memory with the tables at 0. */
interface ModuleExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  update(crc: number, at: number, end: number): number;
}

/** The part of the WebAssembly API used here; the types of Node alone do not name it everywhere. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** Compiles the module; null where WebAssembly is absent or refused, as under --jitless. */
export function createWebAssemblyCrc32c(
  tables: Int32Array,
): ((buffer: Buffer, start: number, end: number) => number) | null {
  const exports = instantiate();
  if (exports === null) return null;
  const memory = new Uint8Array(exports.memory.buffer);
  new Int32Array(exports.memory.buffer, 0, tables.length).set(tables);
  return (buffer, start, stop) => {
    let running = -1;
    for (let from = start; from < stop; from += windowBytes) {
      const to = Math.min(stop, from + windowBytes);
      memory.set(from === 0 && to === buffer.length ? buffer : buffer.subarray(from, to), tableBytes);
      running = exports.update(running, tableBytes, tableBytes + to - from);
    }
    return ~running >>> 0;
  };
}

function instantiate(): ModuleExports | null {
  const api = (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly;
  if (api === undefined) return null;
  try {
    return new api.Instance(new api.Module(moduleBytes())).exports as ModuleExports;
  } catch {
    return null;
  }
}

/** Bytes of code, single or in groups, one after another. */
type Code = number | readonly number[];
const join = (...parts: readonly Code[]): number[] => parts.flat();

function moduleBytes(): Uint8Array {
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  const section = (id: number, ...body: readonly Code[]) => join(id, unsigned(join(...body).length), ...body);
  const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const locals = [1, words.length, i32];
  const body = join(locals, updateCode(), op.end);
  return Uint8Array.from(
    join(
      magicAndVersion,
      section(1, 1, 0x60, [3, i32, i32, i32], [1, i32]),
      section(3, 1, 0),
      section(5, 1, 1, 2, 2),
      section(7, 2, name('memory'), [2, 0], name('update'), [0, 0]),
      section(10, 1, unsigned(body.length), body),
    ),
  );
}

function updateCode(): number[] {
  const get = (local: number) => [op.localGet, local];
  const set = (local: number) => [op.localSet, local];
  const constant = (value: number) => join(op.i32Const, signed(value));
  const loadWord = (offset: number) => join(op.i32Load, 0, unsigned(offset));
  const loadEntry = (table: number) => join(op.i32Load, 2, unsigned(table * 1024));
  const advance = (bytes: number) => join(get(at), constant(bytes), op.i32Add, set(at));

  // Table k holds the checksums of a byte followed by k zeros, and lies at k * 1024; a table index is the byte times four.
  const lookup = (word: number, byte: number, table: number) => {
    const shift = byte === 0 ? [2, op.i32ShiftLeft] : [byte * 8 - 2, op.i32ShiftRightUnsigned];
    return join(get(word), op.i32Const, shift, constant(0x3fc), op.i32And, loadEntry(table));
  };
  const loadWords = words.map((word, index) =>
    join(get(at), loadWord(4 * index), index === 0 ? [...get(crc), op.i32Xor] : [], set(word)),
  );
  const lookups = Array.from({ length: 16 }, (_, index) =>
    join(lookup(words[index >> 2] ?? 0, index & 3, 15 - index), index === 0 ? [] : op.i32Xor),
  );
  const step = join(...loadWords, ...lookups, set(crc), advance(16));

  const lowByte = join(get(crc), get(at), [op.i32Load8Unsigned, 0, 0], op.i32Xor, constant(0xff), op.i32And);
  const singleByte = join(
    join(lowByte, constant(2), op.i32ShiftLeft, loadEntry(0)),
    join(get(crc), constant(8), op.i32ShiftRightUnsigned, op.i32Xor, set(crc)),
    advance(1),
  );
  const until = (exit: readonly number[], body: readonly number[]) =>
    join([op.block, noResult, op.loop, noResult], exit, [op.brIf, 1], body, [op.br, 0, op.end, op.end]);
  return join(
    until(join(get(at), constant(16), op.i32Add, get(end), op.i32GreaterUnsigned), step),
    until(join(get(at), get(end), op.i32GreaterOrEqualUnsigned), singleByte),
    get(crc),
  );
}

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** Signed LEB128. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -0x40 && rest < 0x40) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
}
