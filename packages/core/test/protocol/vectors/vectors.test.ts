import { readFileSync } from 'node:fs';
import path from 'node:path';

import { ByteReader } from '../../../src/foundation/byte-reader.js';
import { ByteWriter } from '../../../src/foundation/byte-writer.js';
import { type Api, apis } from '../../../src/protocol/api-keys.js';
import { type Codec, emittedCodec } from '../../../src/protocol/codec/codec.js';
import { readMessage, writeMessage } from '../../../src/protocol/codec/interpreter.js';
import {
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../../src/protocol/framing.js';
import {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type MetadataRecordInput,
  type MetadataRecordKind,
} from '../../../src/protocol/metadata/metadata-records.js';
import type { Field, Fields } from '../../../src/protocol/schema/field.js';
import { fieldsOf } from '../../../src/protocol/schema/field-rules.js';
import type { Message } from '../../../src/protocol/schema/message.js';
import { encodePrefixed } from '../../../src/protocol/versioned-message.js';
import { apacheMessages, metadataRecords, versionsOf } from '../support/every-message.js';
import { readBack } from '../support/random-values.js';

type Values = Record<string, unknown>;

/** One line of a file that interop/protocol/make-vectors.mjs makes with Apache's serializers. */
interface Vector {
  readonly message: string;
  readonly version: number;
  /** In Apache's JSON: fields that the version lacks and tagged defaults are left out, bytes are hex. */
  readonly value: Values;
  readonly bytes: string;
  readonly bytesWithUnknownTags?: string;
  /** Frame size and header of a request or response; the int16 in front of a record or payload; the frame of a metadata record. */
  readonly head?: string;
  readonly correlationId?: number;
  readonly clientId?: string | null;
}

const files = ['messages.jsonl', 'coordinator-records.jsonl', 'metadata-records.jsonl'];

const vectors = files.flatMap((file) =>
  readFileSync(path.join(__dirname, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector),
);

const messagesByName = new Map(apacheMessages.map((message) => [message.name, message]));

const codecs: readonly (readonly [name: string, codecOf: (message: Message, version: number) => Codec])[] = [
  ['emitted', emittedCodec],
  [
    'interpreted',
    (message, version) => ({
      write: (writer, value) => writeMessage(message, version, writer, value),
      read: (reader) => readMessage(message, version, reader),
    }),
  ],
];

function fromHex(fields: Fields, value: Values): Values {
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      const field = fields[name];
      if (field === undefined) {
        throw new Error(`no field ${name} here`);
      }
      return [name, contentFromHex(field, each)];
    }),
  );
}

function contentFromHex(field: Field, value: unknown): unknown {
  if (value === null) {
    return null;
  }
  switch (field.kind) {
    case 'bytes':
    case 'records':
      return Buffer.from(value as string, 'hex');
    case 'array':
      return (value as unknown[]).map((each) => contentFromHex(field.element, each));
    case 'struct':
      return fromHex(fieldsOf(field.struct), value as Values);
    default:
      return value;
  }
}

function vectorsOf(message: Message): readonly (Vector & { readonly given: Values; readonly expected: unknown })[] {
  const fields = fieldsOf(message);
  return vectors
    .filter((vector) => vector.message === message.name)
    .map((vector) => {
      const given = fromHex(fields, vector.value);
      return { ...vector, given, expected: readBack(fields, vector.version, given) };
    });
}

describe.each(apacheMessages.map((message) => [message.name, message] as const))('%s', (_, message) => {
  const mine = vectorsOf(message);

  test('there are vectors of every version', () => {
    expect([...new Set(mine.map(({ version }) => version))]).toStrictEqual(versionsOf(message));
  });

  test.each(codecs)("the %s codec writes Apache's bytes and reads them back", (_codec, codecOf) => {
    for (const { version, given, expected, bytes } of mine) {
      const codec = codecOf(message, version);
      const writer = new ByteWriter();
      codec.write(writer, given);
      expect({ version, bytes: writer.finishAsBuffer().toString('hex') }).toStrictEqual({ version, bytes });
      const reader = new ByteReader(Buffer.from(bytes, 'hex'));
      expect(codec.read(reader)).toStrictEqual(expected);
      expect(reader.remaining).toBe(0);
    }
  });

  test.each(codecs)('the %s codec skips unknown tagged fields (KIP-482)', (_codec, codecOf) => {
    const withUnknownTags = mine.filter(({ bytesWithUnknownTags }) => bytesWithUnknownTags !== undefined);
    for (const { version, expected, bytesWithUnknownTags = '' } of withUnknownTags) {
      const reader = new ByteReader(Buffer.from(bytesWithUnknownTags, 'hex'));
      expect(codecOf(message, version).read(reader)).toStrictEqual(expected);
      expect(reader.remaining).toBe(0);
    }
  });
});

test('unknown tags are among the vectors', () => {
  expect(vectors.filter(({ bytesWithUnknownTags }) => bytesWithUnknownTags !== undefined).length).toBeGreaterThan(100);
});

describe.each(Object.values(apis).map((api) => [api.name, api as Api] as const))('frames of %s', (_, api) => {
  test('G4: requests have the header that Apache gives them', () => {
    for (const { version, given, expected, head, bytes, correlationId = 0, clientId = null } of vectorsOf(api.request)) {
      const frame = `${head}${bytes}`;
      const encoded = encodeRequest(api, version, correlationId, clientId, given);
      expect({ version, frame: Buffer.concat(encoded).toString('hex') }).toStrictEqual({ version, frame });
      const body = Buffer.from(frame, 'hex').subarray(4);
      const header = decodeRequestHeader(body);
      expect(header).toMatchObject({ apiKey: api.key, apiVersion: version, correlationId, clientId, api });
      expect(decodeRequest(api, version, body, header.bodyOffset)).toStrictEqual(expected);
    }
  });

  test('G4: responses have the header that Apache gives them, ApiVersions always version 0', () => {
    for (const { version, given, expected, head, bytes, correlationId = 0 } of vectorsOf(api.response)) {
      const frame = `${head}${bytes}`;
      const encoded = encodeResponse(api, version, correlationId, given);
      expect({ version, frame: Buffer.concat(encoded).toString('hex') }).toStrictEqual({ version, frame });
      expect(decodeResponse(api, version, Buffer.from(frame, 'hex').subarray(4))).toStrictEqual(expected);
    }
  });
});

const prefixed = vectors.filter(({ head, correlationId }) => head !== undefined && correlationId === undefined);

function valueOf({ message, value }: Vector): object {
  return fromHex(fieldsOf(messagesByName.get(message) as Message), value);
}

test('C3, T2: records and payloads have the prefix that Apache gives them', () => {
  const withInt16 = prefixed.filter(({ message }) => !message.endsWith('Record'));
  expect(new Set(withInt16.map(({ message }) => message)).size).toBe(24);
  for (const vector of withInt16) {
    const { message: name, version, head = '', bytes } = vector;
    const message = messagesByName.get(name) as Message;
    const encoded = encodePrefixed(parseInt(head, 16), message, version, valueOf(vector));
    expect(encoded.toString('hex')).toBe(head + bytes);
  }
});

test('metadata records have the frame that Apache gives them, in every version', () => {
  const framed = prefixed.filter(({ message }) => message.endsWith('Record'));
  expect(new Set(framed.map(({ message }) => message)).size).toBe(metadataRecords.length);
  for (const vector of framed) {
    const { message: name, version, head = '', bytes } = vector;
    const kind = `${name[0]?.toLowerCase()}${name.slice(1).replace(/Record$/, '')}` as MetadataRecordKind;
    const body = valueOf(vector);
    const encoded = encodeMetadataRecord({ kind, version, body } as MetadataRecordInput);
    expect(encoded.toString('hex')).toBe(head + bytes);
    const fields = fieldsOf(messagesByName.get(name) as Message);
    expect(decodeMetadataRecord(encoded)).toStrictEqual({ kind, body: readBack(fields, version, body as Values) });
  }
});
