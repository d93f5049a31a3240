// Decides how requests and responses become frames and are read from them: the size, the header and its version, the body.
import { ByteReader, MalformedBytesError } from '../foundation/byte-reader.js';
import { ByteWriter, writeInt32 } from '../foundation/byte-writer.js';
import { type Api, apiByKey, apis } from './api-keys.js';
import { type Codec, codecFor } from './codec/codec.js';
import { MalformedMessageError } from './codec/errors.js';
import type { Message } from './schema/message.js';

export { defaultMaxFrameBytes, FrameDecoder, FrameSizeError, type FrameMemory } from './frame-decoder.js';

/** What precedes the body of a request. */
export interface DecodedRequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Undefined when the key has no schema here; the header is then read as far as its client id. */
  readonly api: Api | undefined;
  /** Where the body starts in the frame. */
  readonly bodyOffset: number;
}

/** The largest fixed part: size, API key, version, correlation id, and the tag section. */
const headerBytes = 13;

/**
 * Array elements in one request. Two bytes can make an element, so that the largest frame could otherwise become gigabytes of objects;
 * Kafka's largest clusters have some 200,000 partitions.
 */
const mostRequestElements = 500_000;

let sharedWriter: ByteWriter | null = null;

/** Version of the request header; it follows the API's own flexible versions, even for versions that are not known yet. */
export function requestHeaderVersion(api: Api, version: number): 1 | 2 {
  return isFlexible(api.request, version) ? 2 : 1;
}

/** Version of the response header; ApiVersions always has 0, so that a client can read it whatever it asked for (KIP-511). */
export function responseHeaderVersion(api: Api, version: number): 0 | 1 {
  return api.key !== apis.apiVersions.key && isFlexible(api.response, version) ? 1 : 0;
}

/** A whole request, size included. Throws UnsupportedFieldError or InvalidFieldError. */
export function encodeRequest<RequestInput>(
  api: Api<RequestInput>,
  version: number,
  correlationId: number,
  clientId: string | null,
  value: RequestInput,
): Buffer[] {
  const codec = codecFor(api.request, version) as Codec;
  const tagged = requestHeaderVersion(api, version) === 2;
  return encodeFrame(codec, value, (writer) => {
    writer.int16(api.key);
    writer.int16(version);
    writer.int32(correlationId);
    if (clientId === null) {
      writer.int16(-1);
    } else {
      writer.string(clientId);
    }
    if (tagged) {
      writer.int8(0);
    }
  });
}

/** A whole response, size included. Throws UnsupportedFieldError or InvalidFieldError. */
export function encodeResponse<ResponseInput>(
  api: Api<unknown, unknown, unknown, ResponseInput>,
  version: number,
  correlationId: number,
  value: ResponseInput,
): Buffer[] {
  const codec = codecFor(api.response, version) as Codec;
  const tagged = responseHeaderVersion(api, version) === 1;
  return encodeFrame(codec, value, (writer) => {
    writer.int32(correlationId);
    if (tagged) {
      writer.int8(0);
    }
  });
}

/** Reads the header of a request frame. Throws MalformedMessageError. */
export function decodeRequestHeader(frame: Buffer): DecodedRequestHeader {
  const reader = new ByteReader(frame);
  try {
    const apiKey = reader.int16();
    const apiVersion = reader.int16();
    const correlationId = reader.int32();
    const clientIdBytes = reader.int16();
    const clientId = clientIdBytes < 0 ? null : reader.utf8(clientIdBytes);
    const api = apiByKey(apiKey);
    if (api !== undefined && requestHeaderVersion(api, apiVersion) === 2) {
      reader.skipTaggedFields();
    }
    return { apiKey, apiVersion, correlationId, clientId, api, bodyOffset: reader.offset };
  } catch (error) {
    if (error instanceof MalformedBytesError) {
      throw new MalformedMessageError('RequestHeader', 1, '', error.message);
    }
    throw error;
  }
}

/** Reads the body of a request that starts at `offset`. Throws MalformedMessageError; bytes after the body are ignored, as by Kafka. */
export function decodeRequest<Request>(
  api: Api<unknown, unknown, Request>,
  version: number,
  frame: Buffer,
  offset: number,
): Request {
  const reader = new ByteReader(frame, offset);
  reader.elementsLeft = mostRequestElements;
  return codecFor(api.request, version).read(reader) as Request;
}

/** The correlation id of a response frame: what a client needs to know before it can name the API and version. */
export function correlationIdOf(frame: Buffer): number {
  if (frame.length < 4) {
    throw new MalformedMessageError(
      'ResponseHeader',
      0,
      'correlationId',
      `the frame has ${frame.length} bytes`,
    );
  }
  return frame.readInt32BE(0);
}

/** Reads the body of a response frame. Throws MalformedMessageError; bytes after the body are ignored, as by Kafka. */
export function decodeResponse<Response>(
  api: Api<unknown, Response>,
  version: number,
  frame: Buffer,
): Response {
  const reader = new ByteReader(frame);
  const headerVersion = responseHeaderVersion(api, version);
  try {
    reader.skip(4);
    if (headerVersion === 1) {
      reader.skipTaggedFields();
    }
  } catch (error) {
    if (error instanceof MalformedBytesError) {
      throw new MalformedMessageError('ResponseHeader', headerVersion, '', error.message);
    }
    throw error;
  }
  return codecFor(api.response, version).read(reader) as Response;
}

function isFlexible(message: Message, version: number): boolean {
  return message.flexibleSince !== null && version >= message.flexibleSince;
}

function encodeFrame(codec: Codec, value: unknown, writeHeader: (writer: ByteWriter) => void): Buffer[] {
  const writer = (sharedWriter ??= new ByteWriter());
  try {
    writer.reserve(headerBytes);
    const { buffer, offset } = writer;
    writer.int32(0);
    writeHeader(writer);
    codec.write(writer, value);
    writeInt32(buffer, offset, writer.length - 4);
    return writer.finish();
  } catch (error) {
    writer.reset();
    throw error;
  }
}
