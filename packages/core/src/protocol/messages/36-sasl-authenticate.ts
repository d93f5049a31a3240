// Decides the SaslAuthenticate messages (API key 36) on the wire.
import { bytes, int16, int64, string } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const saslAuthenticateRequest = message({
  name: 'SaslAuthenticateRequest',
  type: 'request',
  apiKey: 36,
  versions: [0, 2],
  flexibleSince: 2,
  fields: {
    authBytes: bytes(),
  },
});
export type SaslAuthenticateRequest = MessageOf<typeof saslAuthenticateRequest>;
export type SaslAuthenticateRequestInput = MessageInputOf<typeof saslAuthenticateRequest>;

export const saslAuthenticateResponse = message({
  name: 'SaslAuthenticateResponse',
  type: 'response',
  apiKey: 36,
  versions: [0, 2],
  flexibleSince: 2,
  fields: {
    errorCode: int16(),
    errorMessage: string({ nullableSince: 0 }),
    authBytes: bytes(),
    sessionLifetimeMs: int64({ since: 1, default: 0, ignorable: true }),
  },
});
export type SaslAuthenticateResponse = MessageOf<typeof saslAuthenticateResponse>;
export type SaslAuthenticateResponseInput = MessageInputOf<typeof saslAuthenticateResponse>;
