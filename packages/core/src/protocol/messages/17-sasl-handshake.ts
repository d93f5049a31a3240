// Decides the SaslHandshake messages (API key 17) on the wire; no version is flexible (KIP-482).
import { array, int16, string } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const saslHandshakeRequest = message({
  name: 'SaslHandshakeRequest',
  type: 'request',
  apiKey: 17,
  versions: [0, 1],
  flexibleSince: null,
  fields: {
    mechanism: string(),
  },
});
export type SaslHandshakeRequest = MessageOf<typeof saslHandshakeRequest>;
export type SaslHandshakeRequestInput = MessageInputOf<typeof saslHandshakeRequest>;

export const saslHandshakeResponse = message({
  name: 'SaslHandshakeResponse',
  type: 'response',
  apiKey: 17,
  versions: [0, 1],
  flexibleSince: null,
  fields: {
    errorCode: int16(),
    mechanisms: array(string()),
  },
});
export type SaslHandshakeResponse = MessageOf<typeof saslHandshakeResponse>;
export type SaslHandshakeResponseInput = MessageInputOf<typeof saslHandshakeResponse>;
