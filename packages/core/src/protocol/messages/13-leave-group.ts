// Decides the LeaveGroup messages (API key 13) on the wire.
import { array, int16, int32, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const memberIdentity = struct('MemberIdentity', {
  memberId: string({ since: 3 }),
  groupInstanceId: string({ since: 3, nullableSince: 3, default: null }),
  reason: string({ since: 5, nullableSince: 5, default: null, ignorable: true }),
});

export const leaveGroupRequest = message({
  name: 'LeaveGroupRequest',
  type: 'request',
  apiKey: 13,
  versions: [0, 5],
  flexibleSince: 4,
  fields: {
    groupId: string(),
    memberId: string({ until: 2 }),
    members: array(memberIdentity, { since: 3 }),
  },
});
export type LeaveGroupRequest = MessageOf<typeof leaveGroupRequest>;
export type LeaveGroupRequestInput = MessageInputOf<typeof leaveGroupRequest>;

const memberResponse = struct('MemberResponse', {
  memberId: string({ since: 3 }),
  groupInstanceId: string({ since: 3, nullableSince: 3 }),
  errorCode: int16({ since: 3 }),
});

export const leaveGroupResponse = message({
  name: 'LeaveGroupResponse',
  type: 'response',
  apiKey: 13,
  versions: [0, 5],
  flexibleSince: 4,
  fields: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16(),
    members: array(memberResponse, { since: 3 }),
  },
});
export type LeaveGroupResponse = MessageOf<typeof leaveGroupResponse>;
export type LeaveGroupResponseInput = MessageInputOf<typeof leaveGroupResponse>;
