// Decides the FindCoordinator messages (API key 10) on the wire.
import { array, int16, int32, int8, string, struct } from '../schema/field.js';
import { message, type MessageInputOf, type MessageOf } from '../schema/message.js';

export const findCoordinatorRequest = message({
  name: 'FindCoordinatorRequest',
  type: 'request',
  apiKey: 10,
  versions: [0, 6],
  flexibleSince: 3,
  fields: {
    key: string({ until: 3 }),
    keyType: int8({ since: 1, default: 0 }),
    coordinatorKeys: array(string(), { since: 4 }),
  },
});
export type FindCoordinatorRequest = MessageOf<typeof findCoordinatorRequest>;
export type FindCoordinatorRequestInput = MessageInputOf<typeof findCoordinatorRequest>;

const coordinator = struct('Coordinator', {
  key: string({ since: 4 }),
  nodeId: int32({ since: 4 }),
  host: string({ since: 4 }),
  port: int32({ since: 4 }),
  errorCode: int16({ since: 4 }),
  errorMessage: string({ since: 4, nullableSince: 4, ignorable: true }),
});

export const findCoordinatorResponse = message({
  name: 'FindCoordinatorResponse',
  type: 'response',
  apiKey: 10,
  versions: [0, 6],
  flexibleSince: 3,
  fields: {
    throttleTimeMs: int32({ since: 1, ignorable: true }),
    errorCode: int16({ until: 3 }),
    errorMessage: string({ since: 1, until: 3, nullableSince: 1, ignorable: true }),
    nodeId: int32({ until: 3 }),
    host: string({ until: 3 }),
    port: int32({ until: 3 }),
    coordinators: array(coordinator, { since: 4 }),
  },
});
export type FindCoordinatorResponse = MessageOf<typeof findCoordinatorResponse>;
export type FindCoordinatorResponseInput = MessageInputOf<typeof findCoordinatorResponse>;
