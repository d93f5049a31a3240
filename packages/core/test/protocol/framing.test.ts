import { apis } from '../../src/protocol/api-keys.js';
import {
  InvalidFieldError,
  MalformedMessageError,
  UnknownMessageVersionError,
} from '../../src/protocol/codec/errors.js';
import {
  correlationIdOf,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  requestHeaderVersion,
  responseHeaderVersion,
} from '../../src/protocol/framing.js';

const metadata = { topics: [{ name: 'orders' }] };

function frameOf(buffers: readonly Buffer[]): Buffer {
  const whole = Buffer.concat(buffers);
  expect(whole.readInt32BE(0)).toBe(whole.length - 4);
  return whole.subarray(4);
}

test('quirk 1: the response header of ApiVersions is version 0, its request header follows the flexible versions', () => {
  expect([0, 2, 3, 4, 5, 9].map((version) => responseHeaderVersion(apis.apiVersions, version))).toStrictEqual(
    [0, 0, 0, 0, 0, 0],
  );
  expect([0, 2, 3, 4, 5, 9].map((version) => requestHeaderVersion(apis.apiVersions, version))).toStrictEqual([
    1, 1, 2, 2, 2, 2,
  ]);
  expect(responseHeaderVersion(apis.metadata, 8)).toBe(0);
  expect(responseHeaderVersion(apis.metadata, 9)).toBe(1);
});

test('quirk 2: the header of an ApiVersions request in a version that nobody knows can be read', () => {
  const frame = Buffer.from('00120063 00000007 0001 61 00 ffff'.replaceAll(' ', ''), 'hex');
  expect(decodeRequestHeader(frame)).toMatchObject({
    apiVersion: 99,
    correlationId: 7,
    clientId: 'a',
    api: apis.apiVersions,
    bodyOffset: 12,
  });
  expect(() => decodeRequest(apis.apiVersions, 99, frame, 12)).toThrow(UnknownMessageVersionError);
});

test('G4: the header of an unknown API is read as far as it can be', () => {
  const frame = Buffer.from('03e70000 00000001 ffff'.replaceAll(' ', ''), 'hex');
  expect(decodeRequestHeader(frame)).toStrictEqual({
    apiKey: 999,
    apiVersion: 0,
    correlationId: 1,
    clientId: null,
    api: undefined,
    bodyOffset: 10,
  });
});

test('tagged fields of a request header are skipped', () => {
  const frame = frameOf(encodeRequest(apis.metadata, 9, 5, 'me', metadata));
  const tagged = Buffer.concat([frame.subarray(0, 12), Buffer.from([1, 5, 3, 7, 7, 7]), frame.subarray(13)]);
  const header = decodeRequestHeader(tagged);
  expect(header.bodyOffset).toBe(18);
  expect(decodeRequest(apis.metadata, 9, tagged, header.bodyOffset).topics).toMatchObject([
    { name: 'orders' },
  ]);
});

test.each([
  '',
  '0003',
  '0003000900000001',
  '00030009000000010005',
  '000300090000000100016180',
  '0003000900000001000161ffffffffff',
])('a request header of the bytes "%s" is malformed', (hex) => {
  expect(() => decodeRequestHeader(Buffer.from(hex, 'hex'))).toThrow(MalformedMessageError);
});

test.each(['', '000000', '00000001', '0000000180'])(
  'a response header of the bytes "%s" is malformed',
  (hex) => {
    expect(() => decodeResponse(apis.metadata, 9, Buffer.from(hex, 'hex'))).toThrow(MalformedMessageError);
  },
);

test('the correlation id stands first in a response', () => {
  const frame = frameOf(encodeResponse(apis.heartbeat, 4, -5, { errorCode: 27 }));
  expect(correlationIdOf(frame)).toBe(-5);
  expect(decodeResponse(apis.heartbeat, 4, frame)).toStrictEqual({ throttleTimeMs: 0, errorCode: 27 });
  expect(() => correlationIdOf(Buffer.alloc(3))).toThrow(MalformedMessageError);
});

test('bytes after a body are ignored, as by Kafka', () => {
  const frame = Buffer.concat([
    frameOf(encodeResponse(apis.heartbeat, 4, 1, { errorCode: 0 })),
    Buffer.from('more'),
  ]);
  expect(decodeResponse(apis.heartbeat, 4, frame)).toMatchObject({ errorCode: 0 });
});

test('a frame after one that failed is whole', () => {
  const before = Buffer.concat(encodeRequest(apis.metadata, 9, 1, 'me', metadata));
  const wrong = { topics: [{ name: 'x'.repeat(70_000) }] };
  expect(() => encodeRequest(apis.metadata, 9, 1, 'me', wrong)).toThrow(InvalidFieldError);
  expect(Buffer.concat(encodeRequest(apis.metadata, 9, 1, 'me', metadata))).toStrictEqual(before);
});

test('frames that were given out do not change when more are made', () => {
  const first = encodeRequest(apis.metadata, 9, 1, 'me', metadata);
  const copy = Buffer.concat(first);
  for (let index = 0; index < 5000; index++) {
    encodeRequest(apis.metadata, 9, index, 'somebody else', metadata);
  }
  expect(Buffer.concat(first)).toStrictEqual(copy);
});

test('large records are chunks of their own in a frame, not copies', () => {
  const records = Buffer.alloc(16 * 1024, 1);
  const buffers = encodeRequest(apis.produce, 9, 1, 'me', {
    acks: -1,
    timeoutMs: 1,
    topicData: [{ name: 't', partitionData: [0, 1].map((index) => ({ index, records })) }],
  });
  expect(buffers.filter((buffer) => buffer.buffer === records.buffer)).toHaveLength(2);
  const frame = frameOf(buffers);
  const { bodyOffset } = decodeRequestHeader(frame);
  const body = decodeRequest(apis.produce, 9, frame, bodyOffset);
  expect(body.topicData[0]!.partitionData[1]!.records).toStrictEqual(records);
});
