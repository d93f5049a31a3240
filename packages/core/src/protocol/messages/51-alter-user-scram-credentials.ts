// Decides the AlterUserScramCredentials messages (API key 51) on the wire; passwords travel salted (KIP-554).
import { array, bytes, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const scramCredentialDeletion = struct('ScramCredentialDeletion', {
  name: string(),
  mechanism: int8(),
});

const scramCredentialUpsertion = struct('ScramCredentialUpsertion', {
  name: string(),
  mechanism: int8(),
  iterations: int32(),
  salt: bytes(),
  saltedPassword: bytes(),
});

export const alterUserScramCredentialsRequest = message({
  name: 'AlterUserScramCredentialsRequest',
  type: 'request',
  apiKey: 51,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    deletions: array(scramCredentialDeletion),
    upsertions: array(scramCredentialUpsertion),
  },
});
export type AlterUserScramCredentialsRequest = MessageOf<typeof alterUserScramCredentialsRequest>;
export type AlterUserScramCredentialsRequestInput = MessageInputOf<typeof alterUserScramCredentialsRequest>;

const alterUserScramCredentialsResult = struct('AlterUserScramCredentialsResult', {
  user: string(),
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0 }),
});

export const alterUserScramCredentialsResponse = message({
  name: 'AlterUserScramCredentialsResponse',
  type: 'response',
  apiKey: 51,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    throttleTimeMs: int32(),
    results: array(alterUserScramCredentialsResult),
  },
});
export type AlterUserScramCredentialsResponse = MessageOf<typeof alterUserScramCredentialsResponse>;
export type AlterUserScramCredentialsResponseInput = MessageInputOf<typeof alterUserScramCredentialsResponse>;
