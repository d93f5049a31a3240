// Decides the DescribeUserScramCredentials messages (API key 50) on the wire.
import { array, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const userName = struct('UserName', {
  name: string(),
});

export const describeUserScramCredentialsRequest = message({
  name: 'DescribeUserScramCredentialsRequest',
  type: 'request',
  apiKey: 50,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    users: array(userName, { nullableSince: 0 }),
  },
});
export type DescribeUserScramCredentialsRequest = MessageOf<typeof describeUserScramCredentialsRequest>;
export type DescribeUserScramCredentialsRequestInput = MessageInputOf<
  typeof describeUserScramCredentialsRequest
>;

const credentialInfo = struct('CredentialInfo', {
  mechanism: int8(),
  iterations: int32(),
});

const describeUserScramCredentialsResult = struct('DescribeUserScramCredentialsResult', {
  user: string(),
  errorCode: int16(),
  errorMessage: string({ nullableSince: 0 }),
  credentialInfos: array(credentialInfo),
});

export const describeUserScramCredentialsResponse = message({
  name: 'DescribeUserScramCredentialsResponse',
  type: 'response',
  apiKey: 50,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullableSince: 0 }),
    results: array(describeUserScramCredentialsResult),
  },
});
export type DescribeUserScramCredentialsResponse = MessageOf<typeof describeUserScramCredentialsResponse>;
export type DescribeUserScramCredentialsResponseInput = MessageInputOf<
  typeof describeUserScramCredentialsResponse
>;
