// Decides the Heartbeat messages (API key 12) on the wire.
import { int16, int32, string } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const heartbeatRequest = message({
  name: 'HeartbeatRequest',
  type: 'request',
  apiKey: 12,
  versions: [0, 4],
  flexibleSince: 4,
  fields: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ since: 3, nullableSince: 3, default: null }),
  },
});
export type HeartbeatRequest = MessageOf<typeof heartbeatRequest>;
export type HeartbeatRequestInput = MessageInputOf<typeof heartbeatRequest>;

export const heartbeatResponse = message({
  name: 'HeartbeatResponse',
  type: 'response',
  apiKey: 12,
  versions: [0, 4],
  flexibleSince: 4,
  fields: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16(),
  },
});
export type HeartbeatResponse = MessageOf<typeof heartbeatResponse>;
export type HeartbeatResponseInput = MessageInputOf<typeof heartbeatResponse>;
