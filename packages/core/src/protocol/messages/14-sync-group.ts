// Decides the SyncGroup messages (API key 14) on the wire.
import { array, bytes, int16, int32, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

const syncGroupRequestAssignment = struct('SyncGroupRequestAssignment', {
  memberId: string(),
  assignment: bytes(),
});

export const syncGroupRequest = message({
  name: 'SyncGroupRequest',
  type: 'request',
  apiKey: 14,
  versions: [0, 5],
  flexibleSince: 4,
  fields: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ since: 3, nullableSince: 3, default: null }),
    protocolType: string({ since: 5, nullableSince: 5, default: null, ignorable: true }),
    protocolName: string({ since: 5, nullableSince: 5, default: null, ignorable: true }),
    assignments: array(syncGroupRequestAssignment),
  },
});
export type SyncGroupRequest = MessageOf<typeof syncGroupRequest>;
export type SyncGroupRequestInput = MessageInputOf<typeof syncGroupRequest>;

export const syncGroupResponse = message({
  name: 'SyncGroupResponse',
  type: 'response',
  apiKey: 14,
  versions: [0, 5],
  flexibleSince: 4,
  fields: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16(),
    protocolType: string({ since: 5, nullableSince: 5, default: null, ignorable: true }),
    protocolName: string({ since: 5, nullableSince: 5, default: null, ignorable: true }),
    assignment: bytes(),
  },
});
export type SyncGroupResponse = MessageOf<typeof syncGroupResponse>;
export type SyncGroupResponseInput = MessageInputOf<typeof syncGroupResponse>;
