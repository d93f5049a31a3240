import { setFlagsFromString } from 'node:v8';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { ByteReader } from '../../../src/foundation/byte-reader.js';
import { ByteWriter } from '../../../src/foundation/byte-writer.js';
import { apis } from '../../../src/protocol/api-keys.js';
import { type Codec, codecFor, emittedCodec } from '../../../src/protocol/codec/codec.js';
import {
  InvalidFieldError,
  MalformedMessageError,
  UnknownMessageVersionError,
  UnsupportedFieldError,
} from '../../../src/protocol/codec/errors.js';
import { readMessage, writeMessage } from '../../../src/protocol/codec/interpreter.js';
import {
  fetchRequest,
  type FetchRequestInput,
  fetchResponse,
} from '../../../src/protocol/messages/01-fetch.js';
import { metadataRequest } from '../../../src/protocol/messages/03-metadata.js';
import { produceRequest } from '../../../src/protocol/messages/00-produce.js';
import { offsetCommitRequest } from '../../../src/protocol/messages/08-offset-commit.js';
import { apiVersionsResponse } from '../../../src/protocol/messages/18-api-versions.js';
import {
  array,
  int8,
  int32,
  int64,
  string,
  struct,
  structField,
} from '../../../src/protocol/schema/field.js';
import { message, type Message } from '../../../src/protocol/schema/message.js';
import { defaultOf, fieldsOf } from '../../../src/protocol/schema/field-rules.js';
import { everyField, versionsOf } from '../support/every-message.js';

const kinds: readonly (readonly [name: string, codecOf: (message: Message, version: number) => Codec])[] = [
  ['emitted', emittedCodec],
  [
    'interpreted',
    (each, version) => ({
      write: (writer, value) => writeMessage(each, version, writer, value),
      read: (reader) => readMessage(each, version, reader),
    }),
  ],
];

describe.each(kinds)('the %s codec', (_, codecOf) => {
  function encode(each: object, version: number, value: unknown): Buffer {
    const writer = new ByteWriter();
    codecOf(each as Message, version).write(writer, value);
    return writer.finishAsBuffer();
  }

  function decode(each: object, version: number, hex: string): unknown {
    return codecOf(each as Message, version).read(
      new ByteReader(Buffer.from(hex.replaceAll(' ', ''), 'hex')),
    );
  }

  const tagged = message({
    name: 'Tagged',
    type: 'data',
    versions: [0, 1],
    flexibleSince: 0,
    fields: {
      first: int8({ tag: 0 }),
      second: int32({ tag: 1, default: -1 }),
      late: int8({ since: 1, tag: 2 }),
    },
  });

  test('tags are written in order and left out at their defaults', () => {
    expect(encode(tagged, 1, { late: 3, first: 1 }).toString('hex')).toBe('02000101020103');
    expect(encode(tagged, 0, { second: -1 }).toString('hex')).toBe('00');
  });

  test('tags are read in any order and the last of several wins, as with Kafka', () => {
    expect(decode(tagged, 0, '03 010400000007 000101 000109')).toStrictEqual({
      first: 9,
      second: 7,
      late: 0,
    });
  });

  test('a tag of another version, and one that is not as long as it says, are malformed', () => {
    expect(() => decode(tagged, 0, '01 020103')).toThrow(MalformedMessageError);
    expect(() => decode(tagged, 0, '01 00020100')).toThrow(
      /first of Tagged v0 .*announces 2 bytes and holds 1/,
    );
    expect(() => decode(tagged, 0, '01 7f05 01')).toThrow(MalformedMessageError);
  });

  test('a null struct is -1 in the fixed part and 0 in a tagged field, as Apache writes them', () => {
    const leaf = struct('Leaf', { weight: int8() });
    const nullable = message({
      name: 'NullableStructs',
      type: 'data',
      versions: [0, 0],
      flexibleSince: 0,
      fields: {
        fixed: structField(leaf, { nullableSince: 0 }),
        tagged: structField(leaf, { nullableSince: 0, tag: 0 }),
      },
    });
    expect(encode(nullable, 0, { fixed: null, tagged: null }).toString('hex')).toBe('ff' + '01000100');
    expect(decode(nullable, 0, 'ff 01000100')).toStrictEqual({ fixed: null, tagged: null });
    const both = { fixed: { weight: 5 }, tagged: { weight: 6 } };
    expect(encode(nullable, 0, both).toString('hex')).toBe('010500' + '010003010600');
    expect(decode(nullable, 0, '010500 010003010600')).toStrictEqual(both);
    expect(decode(nullable, 0, 'ff 00')).toStrictEqual({ fixed: null, tagged: { weight: 0 } });
  });

  test('a field that the version lacks is refused unless it may be ignored', () => {
    const offset = { partitionIndex: 0, committedOffset: 1, committedMetadata: '' };
    const request = {
      groupId: 'g',
      generationIdOrMemberEpoch: 1,
      memberId: 'm',
      groupInstanceId: 'i',
      topics: [{ name: 't', partitions: [offset] }],
    };
    expect(() => encode(offsetCommitRequest, 6, request)).toThrow(UnsupportedFieldError);
    expect(() => encode(offsetCommitRequest, 6, request)).toThrow(
      /groupInstanceId of OffsetCommitRequest v6/,
    );
    expect(encode(offsetCommitRequest, 7, request).length).toBeGreaterThan(0);
    const ignorable = { errorCode: 0, apiKeys: [], throttleTimeMs: 5 };
    expect(encode(apiVersionsResponse, 0, ignorable)).toStrictEqual(
      encode(apiVersionsResponse, 0, { errorCode: 0, apiKeys: [] }),
    );
  });

  test('the error names the place inside arrays', () => {
    const partition = { index: 0, records: null };
    const topicData = [
      { name: 'a', partitionData: [partition] },
      { name: 'b', partitionData: [partition, { index: 1.5, records: null }] },
    ];
    const write = () => encode(produceRequest, 9, { acks: 1, timeoutMs: 1, topicData });
    expect(write).toThrow(InvalidFieldError);
    expect(write).toThrow(/^topicData\[1\]\.partitionData\[1\]\.index of ProduceRequest v9 .*1\.5/);
  });

  test('null is refused where the version has none', () => {
    expect(encode(metadataRequest, 1, { topics: null, allowAutoTopicCreation: true }).toString('hex')).toBe(
      'ffffffff',
    );
    expect(() => encode(metadataRequest, 0, { topics: null })).toThrow(/topics of MetadataRequest v0 .*null/);
    expect(() => decode(metadataRequest, 0, 'ffffffff')).toThrow(MalformedMessageError);
  });

  test('int64: 2^63-1 is 2 ** 63 on both ways; what is not safe otherwise is refused', () => {
    const wide = message({
      name: 'Wide',
      type: 'data',
      versions: [0, 0],
      flexibleSince: null,
      fields: { n: int64() },
    });
    expect(decode(wide, 0, '7fffffffffffffff')).toStrictEqual({ n: 2 ** 63 });
    expect(encode(wide, 0, { n: 2 ** 63 }).toString('hex')).toBe('7fffffffffffffff');
    expect(decode(wide, 0, 'ffffffffffffffff')).toStrictEqual({ n: -1 });
    expect(decode(wide, 0, '001fffffffffffff')).toStrictEqual({ n: Number.MAX_SAFE_INTEGER });
    expect(decode(wide, 0, 'ffe0000000000001')).toStrictEqual({ n: Number.MIN_SAFE_INTEGER });
    for (const hex of ['0020000000000000', 'ffe0000000000000', '7ffffffffffffffe', '8000000000000000']) {
      expect(() => decode(wide, 0, hex)).toThrow(/safe range/);
    }
    expect(() => encode(wide, 0, { n: 2 ** 53 })).toThrow(InvalidFieldError);
  });

  test('announced counts and lengths are held against the bytes that remain', () => {
    const deep = message({
      name: 'Deep',
      type: 'data',
      versions: [0, 1],
      flexibleSince: 1,
      fields: { rows: array(struct('Row', { cells: array(int64()), name: string() })) },
    });
    const before = process.memoryUsage().arrayBuffers;
    for (const hex of ['7fffffff', '7fffffff 7fffffff', '00000001 7fffffff', '00000001 00000000 7fff']) {
      expect(() => decode(deep, 0, hex)).toThrow(MalformedMessageError);
    }
    for (const hex of ['ffffffff07', 'ffffffff0f', '02 ffffffff07', '02 01 ffff03', '80', 'ffffffffff01']) {
      expect(() => decode(deep, 1, hex)).toThrow(MalformedMessageError);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
  });

  test('bytes and records are views of what was read, and chunks of what is written', () => {
    const records = Buffer.alloc(100_000, 7);
    const value = {
      acks: -1,
      timeoutMs: 1,
      topicData: [{ name: 't', partitionData: [{ index: 0, records }] }],
    };
    const writer = new ByteWriter();
    codecOf(produceRequest as Message, 9).write(writer, value);
    const chunks = writer.finish();
    expect(chunks.some((chunk) => chunk.buffer === records.buffer && chunk.length === records.length)).toBe(
      true,
    );
    const frame = Buffer.concat(chunks);
    const read = codecOf(produceRequest as Message, 9).read(new ByteReader(frame)) as {
      topicData: { partitionData: { records: Buffer }[] }[];
    };
    expect(read.topicData[0]!.partitionData[0]!.records.buffer).toBe(frame.buffer);
  });

  test('a string of more than 32,767 bytes is refused', () => {
    const value = { acks: 1, timeoutMs: 1, topicData: [], transactionalId: '漢'.repeat(10_923) };
    expect(() => encode(produceRequest, 8, value)).toThrow(
      /transactionalId of ProduceRequest v8 .*32769 bytes/,
    );
    expect(() => encode(produceRequest, 9, value)).toThrow(InvalidFieldError);
  });
});

test('a codec is made once, and no codec is made for a version that does not exist', () => {
  expect(codecFor(fetchRequest, 12)).toBe(codecFor(fetchRequest, 12));
  for (const version of [3, 19, -1, 4.5, Number.NaN]) {
    expect(() => codecFor(fetchRequest, version)).toThrow(UnknownMessageVersionError);
  }
});

test('a writer goes on with the next message after one failed', () => {
  const writer = new ByteWriter(64);
  const value: FetchRequestInput = { maxWaitMs: 1, minBytes: 1, topics: [] };
  const codec = codecFor(fetchRequest, 12);
  codec.write(writer, value);
  const whole = writer.finishAsBuffer();
  for (const rackId of ['r'.repeat(300), 'x']) {
    expect(() => codec.write(writer, { ...value, rackId, maxWaitMs: 0.5 })).toThrow(InvalidFieldError);
    writer.reset();
    codec.write(writer, value);
    expect(writer.finishAsBuffer()).toStrictEqual(whole);
  }
});

test('the interpreter hands over to emitted code without a change in what is written and read', () => {
  const codec = codecFor(everyField as Message, 0) as Codec;
  const read = emittedCodec(everyField as Message, 0).read(new ByteReader(Buffer.alloc(200)));
  const seen = new Set<string>();
  for (let use = 0; use < 6; use++) {
    const writer = new ByteWriter();
    codec.write(writer, read);
    const bytes = writer.finishAsBuffer();
    seen.add(bytes.toString('hex'));
    expect(codec.read(new ByteReader(bytes))).toStrictEqual(read);
  }
  expect(seen.size).toBe(1);
});

const nativesSyntax = '--allow-natives-syntax';

/** V8's own word on whether two objects have one hidden class. */
function hiddenClassTest(): (left: unknown, right: unknown) => boolean {
  setFlagsFromString(nativesSyntax);
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- the only way to write %HaveSameMap
    return new Function('left', 'right', 'return %HaveSameMap(left, right)') as (
      left: unknown,
      right: unknown,
    ) => boolean;
  } finally {
    setFlagsFromString(nativesSyntax.replace('--', '--no-'));
  }
}

function emptyValue(each: Message): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fieldsOf(each)).map(([name, field]) => [name, defaultOf(field)]));
}

function rewritten(each: Message, version: number, value: unknown): unknown {
  const codec = emittedCodec(each, version);
  const writer = new ByteWriter();
  codec.write(writer, value);
  return codec.read(new ByteReader(writer.finishAsBuffer()));
}

test.each(
  Object.values(apis).flatMap(({ request, response }) => [
    [request.name, request] as const,
    [response.name, response] as const,
  ]),
)('%s is read as one hidden class in all versions', (_, each) => {
  const haveSameClass = hiddenClassTest();
  const values = versionsOf(each).map((version) => rewritten(each, version, emptyValue(each)));
  expect(values.map((value) => haveSameClass(value, values[0]))).toStrictEqual(values.map(() => true));
});

test('partitions of a fetch are read as one hidden class in all versions', () => {
  const haveSameClass = hiddenClassTest();
  const partition = {
    partitionIndex: 1,
    errorCode: 0,
    highWatermark: 5,
    abortedTransactions: null,
    records: null,
  };
  const value = { throttleTimeMs: 0, responses: [{ partitions: [partition] }] };
  const partitions = versionsOf(fetchResponse as Message).map(
    (version) =>
      (rewritten(fetchResponse as Message, version, value) as { responses: { partitions: object[] }[] })
        .responses[0]!.partitions[0]!,
  );
  expect(partitions.map((each) => haveSameClass(each, partitions[0]))).toStrictEqual(
    partitions.map(() => true),
  );
});

test('the interpreter serves where code generation is refused', () => {
  const root = path.join(__dirname, '../../../../..');
  const program = `
    const { codecFor } = await import(${JSON.stringify(path.join(root, 'packages/core/src/protocol/codec/codec.ts'))});
    const { metadataRequest } = await import(${JSON.stringify(path.join(root, 'packages/core/src/protocol/messages/03-metadata.ts'))});
    const { ByteWriter } = await import(${JSON.stringify(path.join(root, 'packages/core/src/foundation/byte-writer.ts'))});
    for (let use = 0; use < 5; use++) {
      const writer = new ByteWriter();
      codecFor(metadataRequest, 1).write(writer, { topics: null });
      console.log(writer.finishAsBuffer().toString('hex'));
    }`;
  const finished = spawnSync(
    process.execPath,
    [
      '--disallow-code-generation-from-strings',
      '--import',
      path.join(root, 'tools/swc-register.mjs'),
      '--input-type=module',
      '-e',
      program,
    ],
    { encoding: 'utf8', cwd: root },
  );
  expect(finished.stderr).toBe('');
  expect(finished.stdout).toBe('ffffffff\n'.repeat(5));
});
