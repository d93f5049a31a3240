// Decides the headers that precede every request and response.
import { int16, int32, string } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const requestHeader = message({
  name: 'RequestHeader',
  type: 'header',
  versions: [1, 2],
  flexibleSince: 2,
  fields: {
    requestApiKey: int16(),
    requestApiVersion: int16(),
    correlationId: int32(),
    clientId: string({ nullableSince: 1, flexible: 'never' }),
  },
});
export type RequestHeader = MessageOf<typeof requestHeader>;
export type RequestHeaderInput = MessageInputOf<typeof requestHeader>;

export const responseHeader = message({
  name: 'ResponseHeader',
  type: 'header',
  versions: [0, 1],
  flexibleSince: 1,
  fields: {
    correlationId: int32(),
  },
});
export type ResponseHeader = MessageOf<typeof responseHeader>;
export type ResponseHeaderInput = MessageInputOf<typeof responseHeader>;
