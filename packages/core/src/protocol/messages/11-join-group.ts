// Decides the JoinGroup messages (API key 11) on the wire.
import { array, bool, bytes, int16, int32, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const joinGroupRequestProtocol = struct('JoinGroupRequestProtocol', {
  name: string(),
  metadata: bytes(),
});

export const joinGroupRequest = message({
  name: 'JoinGroupRequest',
  type: 'request',
  apiKey: 11,
  versions: [0, 9],
  flexibleSince: 6,
  fields: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32({ since: 1, default: -1, ignorable: true }),
    memberId: string(),
    groupInstanceId: string({ since: 5, nullableSince: 5, default: null }),
    protocolType: string(),
    protocols: array(joinGroupRequestProtocol),
    reason: string({ since: 8, nullableSince: 8, default: null, ignorable: true }),
  },
});
export type JoinGroupRequest = MessageOf<typeof joinGroupRequest>;
export type JoinGroupRequestInput = MessageInputOf<typeof joinGroupRequest>;

const joinGroupResponseMember = struct('JoinGroupResponseMember', {
  memberId: string(),
  groupInstanceId: string({ since: 5, nullableSince: 5, default: null, ignorable: true }),
  metadata: bytes(),
});

export const joinGroupResponse = message({
  name: 'JoinGroupResponse',
  type: 'response',
  apiKey: 11,
  versions: [0, 9],
  flexibleSince: 6,
  fields: {
    throttleTimeMs: int32({ since: 2, ignorable: true }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: string({ since: 7, nullableSince: 7, default: null, ignorable: true }),
    protocolName: string({ nullableSince: 7 }),
    leader: string(),
    skipAssignment: bool({ since: 9, default: false }),
    memberId: string(),
    members: array(joinGroupResponseMember),
  },
});
export type JoinGroupResponse = MessageOf<typeof joinGroupResponse>;
export type JoinGroupResponseInput = MessageInputOf<typeof joinGroupResponse>;
